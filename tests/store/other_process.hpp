#pragma once

#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>

#include <sys/wait.h>
#include <unistd.h>

#include "core/error.hpp"
#include "store/store.hpp"

namespace neusemslice::test_support {

/// Another process that holds a workspace open, from when this is made until it ends or kills the process.
class OtherProcess {
 public:
  explicit OtherProcess(const std::function<std::unique_ptr<Store>()>& open) {
    int ready[2];
    require(::pipe(ready) == 0, "no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      const std::unique_ptr<Store> held = open();
      if (::write(ready[1], "r", 1) != 1) std::_Exit(1);
      for (;;) ::pause();
    }
    ::close(ready[1]);
    char byte = 0;
    const bool opened = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    require(opened, "the other process could not open the workspace");
  }
  ~OtherProcess() { kill_it(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void kill_it() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace neusemslice::test_support
