#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "support/temporary_folder.hpp"

namespace neusemslice::test_support {

/// How the program ended and what it said.
struct Outcome {
  int exit_code = -1;  ///< 128 + n when signal n ended it, as a shell says
  std::string out;
  std::string err;
};

/// The neusemslice program, running, on one thread. Its environment has no NEUSEMSLICE_* but `NAME=value` of
/// `environment`, and logs errors only, so that what it says on stderr is what the test asked for.
class Process {
 public:
  explicit Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send(int signal) const;
  [[nodiscard]] bool has_ended();
  Outcome wait();

 private:
  TemporaryFolder streams_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool has_ended_ = false;
};

/// Runs the program to its end.
Outcome run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});

/// Whether this system can make a terminal (a bare chroot without /dev/pts cannot).
bool can_make_terminals();

/// The same with a terminal of 100 columns as its stderr.
Outcome run_on_terminal(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});

}  // namespace neusemslice::test_support
