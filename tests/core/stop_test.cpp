#include "core/stop.hpp"

#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

/// In a process of its own: raises the signals, then ends with the code of the error that throw_if_stopped throws.
[[noreturn]] void exit_with_code_after(std::initializer_list<int> signals) {
  install_stop_handlers();
  for (const int signal : signals) std::raise(signal);
  try {
    throw_if_stopped();
  } catch (const Error& error) {
    std::_Exit(static_cast<int>(error.code()));
  }
  std::_Exit(0);
}

TEST(Stop, NothingHappensWithoutASignal) {
  EXPECT_EQ(stop_reason(), StopReason::none);
  EXPECT_NO_THROW(throw_if_stopped());
}

TEST(Stop, InterruptionEndsWith130AndTerminationWith143) {
  EXPECT_EXIT(exit_with_code_after({}), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(exit_with_code_after({SIGINT}), testing::ExitedWithCode(130), "");
  EXPECT_EXIT(exit_with_code_after({SIGTERM}), testing::ExitedWithCode(143), "");
}

TEST(Stop, TerminationMayComeTwice) {
  EXPECT_EXIT(exit_with_code_after({SIGTERM, SIGTERM}), testing::ExitedWithCode(143), "");
}

/// The same where SIGTERM and SIGUSR2 ask for requeueing.
[[noreturn]] void exit_with_requeue_code_after(std::initializer_list<int> signals) {
  install_requeue_handlers(SIGUSR2);
  exit_with_code_after(signals);
}

TEST(Stop, UnderABatchSystemTheCheckpointSignalAndTerminationEndWith85) {
  EXPECT_EXIT(exit_with_requeue_code_after({SIGUSR2}), testing::ExitedWithCode(85), "");
  EXPECT_EXIT(exit_with_requeue_code_after({SIGTERM}), testing::ExitedWithCode(85), "");
  EXPECT_EXIT(exit_with_requeue_code_after({SIGINT}), testing::ExitedWithCode(130), "");
}

TEST(Stop, TheFirstReasonCountsAndLaterSignalsAreHarmless) {
  EXPECT_EXIT(exit_with_requeue_code_after({SIGUSR2, SIGTERM, SIGCONT, SIGUSR2}), testing::ExitedWithCode(85), "");
}

TEST(Stop, ARequestFromWithinActsAsASignal) {
  const auto exit_after_request = [](StopReason reason) {
    request_stop(reason);
    exit_with_code_after({});
  };
  EXPECT_EXIT(exit_after_request(StopReason::requeue), testing::ExitedWithCode(85), "");
  EXPECT_EXIT(exit_after_request(StopReason::abandoned), testing::ExitedWithCode(86), "");
}

TEST(Stop, ASecondInterruptionEndsTheProcessAtOnce) {
  EXPECT_EXIT(exit_with_code_after({SIGINT, SIGINT}), testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace neusemslice
