#include "time_limit.hpp"

#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::system_clock;
using test_support::message_of;
using testing::HasSubstr;

/// Variables that a test sets, and that no other test must see.
class TimeLimit : public testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }

  static void clear() {
    for (const char* name : {"SLURM_JOB_END_TIME", "NEUSEMSLICE_CHECKPOINT_MARGIN_S", "NEUSEMSLICE_CHECKPOINT_SIGNAL"})
      ::unsetenv(name);
  }
  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
  static void slurm_ends_in(std::chrono::seconds seconds) {
    const auto end = (Clock::now() + seconds).time_since_epoch();
    set("SLURM_JOB_END_TIME", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(end).count()));
  }
  /// Seconds from now, to the nearest two.
  static double seconds_left(const std::string& limit) {
    return std::chrono::duration<double>(*time_to_stop(limit) - Clock::now()).count();
  }
};

TEST_F(TimeLimit, WithoutOneThereIsNoEnd) {
  EXPECT_EQ(time_to_stop(""), std::nullopt);
}

TEST_F(TimeLimit, StopsATenthEarlyButFiveSecondsAtLeastAndTwoMinutesAtMost) {
  EXPECT_NEAR(seconds_left("100s"), 90, 2);
  EXPECT_NEAR(seconds_left("20s"), 15, 2);
  EXPECT_NEAR(seconds_left("10h"), 36'000 - 120, 2);
}

TEST_F(TimeLimit, TheMarginCanBeChosen) {
  set("NEUSEMSLICE_CHECKPOINT_MARGIN_S", "30");
  EXPECT_NEAR(seconds_left("100s"), 70, 2);
  set("NEUSEMSLICE_CHECKPOINT_MARGIN_S", "a while");
  EXPECT_THAT(message_of<InputError>([] { time_to_stop("100s"); }),
              HasSubstr("NEUSEMSLICE_CHECKPOINT_MARGIN_S=a while"));
}

TEST_F(TimeLimit, TheFirstOfTheTwoEndsCounts) {
  slurm_ends_in(100s);
  EXPECT_NEAR(seconds_left(""), 90, 3);
  EXPECT_NEAR(seconds_left("1h"), 90, 3);
  EXPECT_NEAR(seconds_left("50s"), 45, 3);
}

TEST_F(TimeLimit, AnEndThatHasPassedMeansNow) {
  slurm_ends_in(-60s);
  EXPECT_LT(seconds_left(""), 0);
}

TEST_F(TimeLimit, TheCheckpointSignalIsUsr2UnlessAnotherIsNamed) {
  EXPECT_EQ(checkpoint_signal(), SIGUSR2);
  for (const auto& [name, signal] : {std::pair<std::string, int>("USR1", SIGUSR1), {"SIGTERM", SIGTERM}, {"12", 12}}) {
    set("NEUSEMSLICE_CHECKPOINT_SIGNAL", name);
    EXPECT_EQ(checkpoint_signal(), signal) << name;
  }
}

TEST_F(TimeLimit, ASignalThatCannotBeOneIsRefused) {
  for (const std::string name : {"KILL", "usr2", "0", "SIG", "INT"}) {
    set("NEUSEMSLICE_CHECKPOINT_SIGNAL", name);
    EXPECT_THAT(message_of<InputError>([] { checkpoint_signal(); }),
                HasSubstr("NEUSEMSLICE_CHECKPOINT_SIGNAL=" + name + ": "));
  }
}

}  // namespace
}  // namespace neusemslice
