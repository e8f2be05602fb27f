#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace neusemslice {

/// When a run must begin to stop, so that it has saved everything when its time is over: `limit` (duration.hpp; empty:
/// none) from now, or the end that Slurm has set for the job ($SLURM_JOB_END_TIME), whichever is first, less a margin:
/// $NEUSEMSLICE_CHECKPOINT_MARGIN_S seconds, else a tenth of the time, 5 s to 2 min. Nothing without a limit.
std::optional<std::chrono::system_clock::time_point> time_to_stop(const std::string& limit);

/// The signal of $NEUSEMSLICE_CHECKPOINT_SIGNAL, "USR2" (the default: NCCL uses SIGUSR1 itself), "SIGTERM" or a number.
int checkpoint_signal();

}  // namespace neusemslice
