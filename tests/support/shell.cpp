#include "support/shell.hpp"

#include <cstdio>

#include <sys/wait.h>

#include "core/error.hpp"

namespace neusemslice::test_support {

ShellOutcome shell(const std::string& command) {
  FILE* pipe = ::popen(("exec 2>&1; " + command).c_str(), "re");
  require(pipe != nullptr, "no shell for {}", command);
  ShellOutcome outcome;
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;)
    outcome.output.append(buffer, got);
  const int status = ::pclose(pipe);
  outcome.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return outcome;
}

}  // namespace neusemslice::test_support
