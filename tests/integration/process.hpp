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
  /// With `ranks` > 0 the process is mpirun with so many ranks of the program.
  explicit Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {},
                   int ranks = 0);
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
Outcome run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {}, int ranks = 0);

/// The processes whose program is `name` and whose command line holds `text`; not those that are ending. By
/// ascending number: mpirun's ranks in their order.
std::vector<pid_t> processes(const std::string& name, const std::string& text);

/// Whether this system can make a terminal (a bare chroot without /dev/pts cannot).
bool can_make_terminals();

/// The same with a terminal of 100 columns as its stderr.
Outcome run_on_terminal(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});

}  // namespace neusemslice::test_support
