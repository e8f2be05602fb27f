# shellcheck shell=bash
# What the batch scripts beside this file share: run a suite on every task of the allocation, and put the job back into
# the queue while work remains. Sourced without `set -e`, which would end the script before the requeue.
#
# No `trap ... TERM` here: scancel sends SIGTERM to the ranks, which save their state, and to this shell, which must then
# end. A shell that outlived it would requeue the job that its owner has just cancelled.
set -u

readonly max_restarts=50       # a job that was restarted so often has a limit that is too short
readonly max_idle_runs=2       # runs in a row that finish nothing: the third would not either
readonly checkpoint_saved=85 transient_fault=86 rank_killed=137

# An array element's own name, 4711_3. Its plain job id will not do: the element that has the id of the whole array would
# requeue all of them.
job=$SLURM_JOB_ID
[ -z "${SLURM_ARRAY_TASK_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID

program=${NEUSEMSLICE:-$(dirname "${BASH_SOURCE[0]}")/../../build/release/neusemslice}
submitted=("$@")  # what the batch script was given

say() { printf '%s %s: %s\n' "$(date +%T)" "$job" "$*" >&2; }

# The program checkpoints in time by itself when it knows the end; Slurm before 23.02 does not set it. Asked anew at each
# start, since a requeued or resubmitted job would inherit the end of its previous run.
export_end_time() {
  local end
  unset SLURM_JOB_END_TIME
  end=$(squeue --noheader --jobs="$job" --format=%e) && end=$(date --date="$end" +%s 2>/dev/null) && export SLURM_JOB_END_TIME=$end
}

# srun gives the highest exit code of all ranks, or 128 + n when signal n killed one.
# --kill-on-bad-exit=0: some sites kill a step when its first rank leaves with something other than 0; 85 is no failure.
# --wait: but ranks that still run a minute after the first has left are lost.
run_ranks() {
  # Since 22.05 srun does not inherit --cpus-per-task. A thread for each core, whatever the login shell had exported.
  export SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-1} OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
  srun --mpi="${SLURM_MPI_TYPE:-pmix}" --kill-on-bad-exit=0 --wait=60 "$program" run "$@"
}

plan() { "$program" run "$@" --dry-run --json; }

# Of a plan.
workspace_in() { grep -o '"workspace":"[^"]*' <<<"$1" | cut -d '"' -f 4; }

# How far the suite is, to be compared: jobs done by kind, and the checkpoints of trainings under way.
progress_in() {
  grep -o '"done":[0-9]*' <<<"$1"
  cksum "$(workspace_in "$1")"/checkpoints/* 2>/dev/null
}

# Counts, in a file that outlives this run, the runs in a row whose progress after was that before; false when there
# were too many.
count_idle_runs() {
  local file=$1 before=$2 after=$3 idle=0
  if [ "$before" = "$after" ]; then
    idle=$(($(cat "$file" 2>/dev/null || echo 0) + 1))
  fi
  mkdir -p "$(dirname "$file")"
  echo "$idle" >"$file"
  [ "$idle" -lt "$max_idle_runs" ]
}

# For sites that refuse requeueing: the same script, arguments and resources as a new job after this one.
submit_again() {
  # shellcheck disable=SC2154  # the batch script sets `script`
  NEUSEMSLICE_RESTARTS=$((restarts + 1)) sbatch --dependency="afterany:$SLURM_JOB_ID" \
    --job-name="$SLURM_JOB_NAME" --partition="$SLURM_JOB_PARTITION" ${SLURM_JOB_ACCOUNT:+--account="$SLURM_JOB_ACCOUNT"} \
    --time="$(squeue --noheader --jobs="$job" --format=%l)" ${SLURM_ARRAY_TASK_ID:+--array="$SLURM_ARRAY_TASK_ID"} \
    --nodes="$SLURM_JOB_NUM_NODES" --ntasks-per-node="$((SLURM_NTASKS / SLURM_JOB_NUM_NODES))" \
    --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" --gpus-per-node="${SLURM_GPUS_PER_NODE:-0}" "$script" "${submitted[@]}"
}

requeue() {
  if scontrol requeue "$job"; then
    sleep 120  # Slurm ends this script meanwhile
  else
    say "requeueing was refused; submitting a new job"
    submit_again || say "that failed too; submit it again yourself: what is done is kept"
  fi
}

# The whole of a batch script: SUITE.yaml and options of `neusemslice run`.
run_until_done() {
  # Restarts of the jobs that this one follows, when requeueing was refused, and its own.
  local restarts=$((${NEUSEMSLICE_RESTARTS:-0} + ${SLURM_RESTART_COUNT:-0})) plan workspace before code=0
  [ -x "$program" ] || { say "no program $program: build it with launchers/build.sh, or name yours in \$NEUSEMSLICE"; exit 3; }
  plan=$(plan "$@") || exit  # a mistake in the suite is told once, not by every rank
  workspace=$(workspace_in "$plan")
  before=$(progress_in "$plan")
  export_end_time
  say "restart $restarts on $SLURM_JOB_NODELIST with $SLURM_NTASKS ranks"
  run_ranks "$@" || code=$?
  case $code in
    "$checkpoint_saved" | "$transient_fault" | "$rank_killed") ;;
    *) exit "$code" ;;
  esac
  if ! count_idle_runs "$workspace/idle-runs" "$before" "$(progress_in "$(plan "$@")")"; then
    say "$max_idle_runs runs in a row finished nothing; mend what the log shows, or give more --time"
    exit 1
  elif [ "$restarts" -ge "$max_restarts" ]; then
    say "restarted $restarts times; give more --time and submit it again: what is done is kept"
    exit 1
  fi
  requeue
  exit "$code"
}
