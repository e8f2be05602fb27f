#include "report/summary.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace neusemslice {
namespace {

TEST(Summary, IntervalIsStudentsT) {
  const Summary summary = summarise(std::vector<double>{1, 2, 3});
  EXPECT_DOUBLE_EQ(summary.mean, 2);
  ASSERT_TRUE(summary.half_width);
  EXPECT_NEAR(*summary.half_width, 4.302653 * 1 / 1.7320508, 1e-6);  // t(0.975, 2) s / sqrt(3), s = 1
  EXPECT_EQ(summary.count, 3U);
}

TEST(Summary, OneValueHasNoInterval) {
  const Summary summary = summarise(std::vector<double>{0.975});
  EXPECT_FALSE(summary.half_width);
  EXPECT_EQ(percent(summary), "97.50");
  EXPECT_EQ(summary.low(), summary.high());
}

TEST(Summary, NoValueIsADash) {
  EXPECT_EQ(percent(summarise({})), "–");
}

TEST(Summary, EqualValuesHaveAnIntervalOfZero) {
  EXPECT_EQ(percent(summarise(std::vector<double>{0.5, 0.5, 0.5})), "50.00 ± 0.00");
}

TEST(Summary, TwoValuesHaveARangeInsteadOfAnInterval) {
  const Summary summary = summarise(std::vector<double>{2, 1});
  EXPECT_EQ(mean_and_interval(summary, 2), "1.50");
  EXPECT_EQ(summary.low(), 1);
  EXPECT_EQ(summary.high(), 2);
}

TEST(Fixed, NeverPrintsANegativeZero) {
  EXPECT_EQ(fixed(-0.001, 2), "0.00");
  EXPECT_EQ(fixed(-0.01, 2), "-0.01");
  EXPECT_EQ(fixed(-0.0, 0), "0");
}

}  // namespace
}  // namespace neusemslice
