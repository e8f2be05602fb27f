#include "core/timing.hpp"

#include <chrono>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

TEST(Summarise, GivesTheLeastTheMiddleAndTheMost) {
  EXPECT_EQ(summarise({3, 1, 2}), (Timing{1, 2, 3, 3}));
  EXPECT_EQ(summarise({4, 1, 2, 10}), (Timing{1, 3, 10, 4}));
  EXPECT_EQ(summarise({7}), (Timing{7, 7, 7, 1}));
}

TEST(Summarise, OfNothingIsAnError) {
  EXPECT_THROW(summarise({}), Error);
}

TEST(TimeInTurn, LetsTheWorksTakeTurns) {
  std::string order;
  const auto timings = time_in_turn({[&] { order += 'a'; }, [&] { order += 'b'; }});
  ASSERT_EQ(timings.size(), 2U);
  EXPECT_EQ(timings[0].rounds, 101);
  EXPECT_EQ(timings[1].rounds, 101);
  ASSERT_GE(order.size(), 2 * 102U) << "a warm-up comes first";
  for (std::size_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], i % 2 == 0 ? 'a' : 'b') << i;
}

TEST(TimeInTurn, LeavesTheWarmUpOut) {
  std::int64_t calls = 0;
  const auto timings = time_in_turn({[&] { ++calls; }});
  EXPECT_GT(calls, timings[0].rounds);
}

TEST(TimeInTurn, MeasuresTheWork) {
  const auto timings = time_in_turn({[] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }});
  EXPECT_GE(timings[0].least_seconds, 0.005);
  EXPECT_LE(timings[0].least_seconds, timings[0].median_seconds);
  EXPECT_LE(timings[0].median_seconds, timings[0].most_seconds);
}

}  // namespace
}  // namespace neusemslice
