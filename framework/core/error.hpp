#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace neusemslice {

/// What the program tells the shell. Batch scripts branch on these, so they never change meaning.
enum class ExitCode : int {
  done = 0,
  some_jobs_failed = 1,  ///< a step failed for good; others may be done
  input = 2,             ///< command line, config or data the user can mend; nothing was lost
  environment = 3,       ///< no such device, MPI missing, ...
  check_failed = 4,      ///< a verification found a difference
  requeue = 85,          ///< stopped early, state saved: run the same command again
  retry = 86,            ///< a fault that may pass, such as a dead rank; state saved: try again, not for ever
  interrupted = 130,     ///< SIGINT; state saved
  terminated = 143,      ///< SIGTERM; state saved
};

/// Every error of this project: one line that says what was attempted, where, with which value and what to do.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode code = ExitCode::some_jobs_failed)
      : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// Something the user gave is wrong: a config key, a data file, a weight file, a workspace that cannot be written.
class InputError : public Error {
 public:
  explicit InputError(const std::string& message) : Error(message, ExitCode::input) {}
};

/// The machine lacks something: a GPU that was asked for, a library, a thread level.
class EnvironmentError : public Error {
 public:
  explicit EnvironmentError(const std::string& message) : Error(message, ExitCode::environment) {}
};

/// Two things that must be equal are not.
class CheckError : public Error {
 public:
  explicit CheckError(const std::string& message) : Error(message, ExitCode::check_failed) {}
};

/// Throws `Error` unless `condition` holds; for what the program itself must guarantee.
template <typename... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw Error(fmt::format(format, std::forward<Args>(args)...));
}

/// Throws `InputError` unless `condition` holds; for what the user must guarantee.
template <typename... Args>
void require_input(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) throw InputError(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace neusemslice
