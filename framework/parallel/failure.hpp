#pragma once

#include <exception>
#include <string>

#include "core/error.hpp"

namespace neusemslice {

/// What an exception means to those who did not meet it: other ranks, the coordinator, the shell.
struct Failure {
  ExitCode code = ExitCode::some_jobs_failed;
  std::string message;  ///< one line
};

/// An Error keeps its code and message. A GPU that fails (not one that is merely full) is the machine's fault: whatever
/// it is given next would fail too. Anything else is unexpected, and its first line is kept.
Failure failure_of(const std::exception& error);

}  // namespace neusemslice
