#!/usr/bin/env bash
# Installs what is missing, builds everything and runs all tests. Usage: launchers/test.sh [PRESET]
set -euo pipefail
cd "$(dirname "$0")/.."
launchers/setup.sh --with-cluster-tests --with-onnxruntime
launchers/build.sh "${1:-release}"
ctest --preset "${1:-release}"
