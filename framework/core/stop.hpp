#pragma once

namespace neusemslice {

/// From now on SIGINT and SIGTERM set a flag and nothing else; a second SIGINT ends the process at once.
void install_stop_handlers();

/// The signal that asked the program to stop, or 0.
int stop_signal() noexcept;

/// Throws Error with ExitCode::interrupted or ::terminated once a signal has come. Long loops call it between steps.
void throw_if_stopped();

}  // namespace neusemslice
