#include "core/stop.hpp"

#include <atomic>
#include <csignal>

#include "core/error.hpp"

namespace neusemslice {
namespace {

std::atomic<StopReason> reason_to_stop{StopReason::none};
std::atomic<StopReason> meaning_of_sigterm{StopReason::terminated};
static_assert(std::atomic<StopReason>::is_always_lock_free, "a signal handler may only use lock-free atomics");

extern "C" void remember_interruption(int /*signal*/) {
  if (stop_reason() != StopReason::none) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  request_stop(StopReason::interrupted);
}

extern "C" void remember_termination(int /*signal*/) {
  request_stop(meaning_of_sigterm.load());
}

extern "C" void remember_requeue(int /*signal*/) {
  request_stop(StopReason::requeue);
}

void install(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

void install_stop_handlers() {
  install(SIGINT, remember_interruption);
  install(SIGTERM, remember_termination);
}

void install_requeue_handlers(int checkpoint_signal) {
  meaning_of_sigterm = StopReason::requeue;
  install(checkpoint_signal, remember_requeue);
}

void request_stop(StopReason reason) noexcept {
  StopReason expected = StopReason::none;
  reason_to_stop.compare_exchange_strong(expected, reason);
}

StopReason stop_reason() noexcept {
  return reason_to_stop.load();
}

void throw_if_stopped() {
  const StopReason reason = stop_reason();
  if (reason != StopReason::none) throw_stopped(reason);
}

void throw_stopped(StopReason reason) {
  switch (reason) {
    case StopReason::interrupted:
      throw Error("interrupted; what was done is kept, the same command continues", ExitCode::interrupted);
    case StopReason::terminated:
      throw Error("terminated; what was done is kept, the same command continues", ExitCode::terminated);
    case StopReason::requeue:
      throw Error("stopped early; what was done is kept, the same command continues", ExitCode::requeue);
    case StopReason::abandoned:
      throw Error("the run was ended; what was done is kept, the same command continues", ExitCode::retry);
    case StopReason::none:
      break;
  }
  throw Error("nothing asked this process to stop");
}

}  // namespace neusemslice
