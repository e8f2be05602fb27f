#include "core/stop.hpp"

#include <csignal>

#include "core/error.hpp"

namespace neusemslice {
namespace {

volatile std::sig_atomic_t received_signal = 0;

extern "C" void remember_signal(int signal) {
  if (received_signal != 0 && signal == SIGINT) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  received_signal = signal;
}

}  // namespace

void install_stop_handlers() {
  struct sigaction action {};
  action.sa_handler = remember_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int stop_signal() noexcept {
  return received_signal;
}

void throw_if_stopped() {
  if (received_signal == 0) return;
  if (received_signal == SIGINT) {
    throw Error("interrupted; what was done is kept, the same command continues", ExitCode::interrupted);
  }
  throw Error("terminated; what was done is kept, the same command continues", ExitCode::terminated);
}

}  // namespace neusemslice
