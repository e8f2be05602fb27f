#pragma once

namespace neusemslice {

/// Why the program was asked to stop; the first reason counts, later ones change nothing.
enum class StopReason : int {
  none,
  interrupted,  ///< SIGINT: exit code 130
  terminated,   ///< SIGTERM: exit code 143
  requeue,      ///< a checkpoint signal or a time limit: exit code 85
  abandoned,    ///< another rank, or the coordinator, ended the run; it says why
};

/// From now on SIGINT and SIGTERM set a flag and nothing else; a second SIGINT ends the process at once.
void install_stop_handlers();

/// From now on SIGTERM and `checkpoint_signal` ask for requeueing. Repeated and later signals are harmless.
void install_requeue_handlers(int checkpoint_signal);

/// Asks this process to stop, as a signal would.
void request_stop(StopReason reason) noexcept;

StopReason stop_reason() noexcept;

/// Throws Error with the exit code of the reason once there is one. Long loops call it between steps.
void throw_if_stopped();

/// The same error for a given reason.
[[noreturn]] void throw_stopped(StopReason reason);

}  // namespace neusemslice
