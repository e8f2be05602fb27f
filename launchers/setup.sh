#!/usr/bin/env bash
# Installs what a build needs, once: Debian packages by apt, LibTorch by pip into .deps/ of this clone.
# Usage: launchers/setup.sh [--with-cluster-tests] [--with-onnxruntime]      (safe to repeat; it does only what is missing)
#   --with-cluster-tests   also what the tests of many hosts and of Slurm need; they skip, and say so, without it
#   --with-onnxruntime     also what the test of exported models needs; it skips, and says so, without it
set -euo pipefail
cd "$(dirname "$0")/.."
. launchers/versions.env

say() { printf '==> %s\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 3; }

wanted="$DEBIAN_BUILD_PACKAGES $DEBIAN_LIBRARY_PACKAGES $DEBIAN_TEST_PACKAGES $DEBIAN_DATA_PACKAGES"
with_onnxruntime=false
for option in "$@"; do
  case "$option" in
    --with-cluster-tests) wanted="$wanted $DEBIAN_CLUSTER_TEST_PACKAGES" ;;
    --with-onnxruntime) with_onnxruntime=true ;;
    *) echo "setup: unknown option $option: there are --with-cluster-tests and --with-onnxruntime" >&2; exit 2 ;;
  esac
done

install_debian_packages() {
  command -v dpkg-query >/dev/null || fail "this is not Debian: install by your own means, then build with 'cmake --preset release': $wanted"
  local missing=""
  for package in $wanted; do
    # shellcheck disable=SC2016
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done
  if [ -z "$missing" ]; then say "Debian packages: all there"; return; fi
  local as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these Debian packages are missing, and this user is neither root nor has sudo:$missing"
    as_root=sudo
  fi
  say "installing Debian packages:$missing"
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
}

# install_wheels FOLDER TITLE WHEELS: just these wheels, once; a changed list installs anew.
install_wheels() {
  local folder=$1 title=$2 wheels=$3
  local stamp=$folder/installed-wheels
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wheels" ]; then say "$title: already in $folder"; return; fi
  say "installing $title into $folder"
  rm -rf "$folder"
  mkdir -p .deps
  # Debian's own interpreter: wheels are chosen for its version, and python3-pip was installed for it.
  # shellcheck disable=SC2086
  /usr/bin/python3 -m pip install --quiet --no-deps --no-compile --disable-pip-version-check --root-user-action=ignore \
    --target "$folder" $wheels >&2 || fail "pip could not install $wheels"
  printf '%s' "$wheels" >"$stamp"
}

# A toolkit decides which of LibTorch's companions the binaries load: with CUDA they come from the toolkit but for three.
cuda_toolkit_found() { command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; }

install_libtorch() {
  local wheels="torch==$LIBTORCH_VERSION nvidia-cuda-runtime==$NVIDIA_CUDA_RUNTIME_VERSION nvidia-cuda-cupti==$NVIDIA_CUDA_CUPTI_VERSION"
  if cuda_toolkit_found; then
    wheels="$wheels nvidia-cusparselt-cu13==$NVIDIA_CUSPARSELT_VERSION nvidia-nvshmem-cu13==$NVIDIA_NVSHMEM_VERSION nvidia-cufile==$NVIDIA_CUFILE_VERSION"
  fi
  install_wheels .deps/libtorch "LibTorch $LIBTORCH_VERSION (530 MB)" "$wheels"
}

install_onnxruntime() {
  install_wheels .deps/onnxruntime "onnxruntime $ONNXRUNTIME_VERSION" \
    "onnxruntime==$ONNXRUNTIME_VERSION numpy==$NUMPY_VERSION"
}

install_debian_packages
install_libtorch
if "$with_onnxruntime"; then install_onnxruntime; fi
say "ready: LibTorch in .deps/libtorch, CUDA toolkit $(cuda_toolkit_found && echo found || echo 'not found: a build for CPU')"
