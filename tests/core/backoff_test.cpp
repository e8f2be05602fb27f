#include "core/backoff.hpp"

#include <gtest/gtest.h>

namespace neusemslice {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, GivesWayFirstThenSleepsLongerUpToItsLimit) {
  Backoff backoff(500us);
  EXPECT_EQ(backoff.next(), 0us);
  auto last = 0us;
  for (int i = 0; i < 100; ++i) {
    const auto next = backoff.next();
    EXPECT_GE(next, last);
    EXPECT_LE(next, 500us);
    last = next;
  }
  EXPECT_EQ(last, 500us);
}

}  // namespace
}  // namespace neusemslice
