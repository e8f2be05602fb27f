#pragma once

#include <string>

namespace neusemslice::test_support {

/// How a command ended and what it said on stdout and stderr.
struct ShellOutcome {
  int exit_code = -1;
  std::string output;
};

/// Runs a command line of the shell to its end.
ShellOutcome shell(const std::string& command);

}  // namespace neusemslice::test_support
