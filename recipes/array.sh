#!/usr/bin/env bash
# A figure's runs by an array of SLURM jobs, each of which trains its share of them; docs/cluster.md:
#   sbatch --array=0-31 [options of sbatch] recipes/array.sh [VARIABLE=value ...] reproduce-figure3 ...
# What follows is given to make. When all tasks have ended, a job of its own trains what is still missing, and draws.
#SBATCH --job-name=tcvae
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
set -euo pipefail
count=${SLURM_ARRAY_TASK_COUNT:?is not set: give sbatch --array=0-31 recipes/array.sh reproduce-figure3}
number=$(((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN) / SLURM_ARRAY_TASK_STEP + 1))
if ((number > count)); then
    echo "recipes/array.sh: the numbers of the tasks have gaps: give a range, such as --array=0-31" >&2
    exit 2
fi
goals=("${@/#reproduce-/sweep-reproduce-}")
export TCVAE_THREADS=${TCVAE_THREADS:-$SLURM_CPUS_ON_NODE}

# The data and the installation are made before, by one make and not by many.
if ! make -q "${goals[@]/#sweep-/data-}"; then
    echo "recipes/array.sh: first give: make $(printf '%q ' "${goals[@]/#sweep-/data-}")" >&2
    exit 1
fi

# The first task orders the end of the figure, once; where nodes may not, that is left to a person.
if ((number == 1)) && [[ ! ${SLURM_RESTART_COUNT:-} ]]; then
    end="make -k $(printf '%q ' "$@")"
    sbatch --dependency="afterany:$SLURM_ARRAY_JOB_ID" --job-name="$SLURM_JOB_NAME-end" \
        --partition="$SLURM_JOB_PARTITION" ${SLURM_JOB_ACCOUNT:+--account="$SLURM_JOB_ACCOUNT"} \
        --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" --wrap="exec $end" ||
        echo "recipes/array.sh: at the end give: $end" >&2
fi

# SIGTERM (scancel, or another job that comes first) goes on to make, whose sweep keeps a checkpoint of each run. So it
# does where the time is nearly up (USR1); then this task waits in the queue again.
pass_on() {
    [[ ${!-} ]] || exit 143 # before make has begun
    kill -TERM $! || true   # it may just have ended
}
again=
trap pass_on TERM
trap 'again=yes; pass_on' USR1
make "${goals[@]}" SHARE="$number/$count" &
make=$!
status=0
wait $make || status=$?
while kill -0 $make 2>/dev/null; do # a signal has ended the wait
    wait $make || status=$?
done
if [[ $again ]]; then
    exec scontrol requeue "$SLURM_JOB_ID"
fi
exit $status
