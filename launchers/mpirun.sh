#!/usr/bin/env bash
# Runs neusemslice on N ranks of this machine. Usage: launchers/mpirun.sh N ARGUMENTS...
#   launchers/mpirun.sh 4 run configs/suites/rq1-mlp.yaml
# The exit code is the program's; after 85 (checkpoint saved, work remains) or a killed rank the same command continues.
set -euo pipefail

fail() { printf 'mpirun.sh: %s\n' "$2" >&2; exit "$1"; }

[[ ${1:-} =~ ^[1-9][0-9]*$ && $# -ge 2 ]] || fail 2 "usage: launchers/mpirun.sh N ARGUMENTS..., such as: 4 run configs/quickstart.yaml"
ranks=$1
shift
program=${NEUSEMSLICE:-$(dirname "$0")/../build/release/neusemslice}
[ -x "$program" ] || fail 3 "no program $program: build it with launchers/build.sh, or name yours in \$NEUSEMSLICE"
command -v mpirun >/dev/null || fail 3 "no mpirun: install Open MPI (launchers/setup.sh does)"

cores=$(nproc)
if [ -z "${OMP_NUM_THREADS:-}" ]; then
  export OMP_NUM_THREADS=$((cores > ranks ? cores / ranks : 1))
fi

# --bind-to none: Open MPI would bind each of two ranks to one core, where all threads of the rank would share it, and two
# runs on one machine to the same cores. The kernel places threads well as long as there are no more of them than cores.
# --oversubscribe: Open MPI refuses more ranks than it counts cores, hardware threads aside. Ranks that wait yield their
# core only where they do outnumber the cores, so that the option costs nothing elsewhere.
options=(-n "$ranks" --bind-to none --oversubscribe)
# In a container everybody is root, and mpirun wants to hear that this is meant.
[ "$(id -u)" -ne 0 ] || options+=(--allow-run-as-root)

# A session of its own: Ctrl-C at the terminal must not reach mpirun, see below.
setsid mpirun "${options[@]}" "$program" "$@" &
mpirun=$!

# Told to end, mpirun leaves its ranks one second and then its own exit code, and of other signals it forwards some and
# dies of others. So every wish to stop goes to the ranks themselves, its children, as the checkpoint signal; a second
# Ctrl-C means at once.
signal=${NEUSEMSLICE_CHECKPOINT_SIGNAL:-USR2}
signal=${signal#SIG}
was_signalled=0 interrupts=0
# shellcheck disable=SC2317
checkpoint() { was_signalled=1; pkill --signal "$signal" --parent "$mpirun" || :; }
# shellcheck disable=SC2317
interrupt() {
  interrupts=$((interrupts + 1))
  if [ "$interrupts" -eq 1 ]; then checkpoint; else was_signalled=1; kill -s TERM "$mpirun" || :; fi
}
trap checkpoint HUP TERM USR2 "$signal"
trap interrupt INT

code=0
wait "$mpirun" || code=$?
while [ "$was_signalled" -eq 1 ]; do  # a signal ends wait early
  was_signalled=0 code=0
  wait "$mpirun" || code=$?
done
# As the program alone says when interrupted.
if [ "$interrupts" -gt 0 ] && [ "$code" -eq 85 ]; then code=130; fi
exit "$code"
