#include "similarity/scan_plan.hpp"

#include <gmock/gmock.h>

namespace neusemslice {
namespace {

std::vector<std::int64_t> taps_of(const std::vector<TapShape>& pass) {
  std::vector<std::int64_t> taps;
  for (const TapShape& tap : pass) taps.push_back(tap.tap);
  return taps;
}

using Taps = std::vector<std::int64_t>;

/// AlexNet's taps for 256 samples: 67, 50, 25, 17, 17 and 4 MB of features.
const std::vector<TapShape> kAlexnet = {{2, {256, 64, 1024}}, {5, {256, 192, 256}}, {8, {256, 384, 64}},
                                        {10, {256, 256, 64}}, {12, {256, 256, 64}}, {17, {256, 4096, 1}}};

TEST(PlanScan, TakesAllTapsInOnePassWhereTheyFit) {
  const ScanPlan plan = plan_scan(kAlexnet, {});
  ASSERT_EQ(plan.passes.size(), 1U);
  EXPECT_EQ(taps_of(plan.passes[0]), (Taps{2, 5, 8, 10, 12, 17}));
  EXPECT_TRUE(plan.streamed.empty());
}

TEST(PlanScan, NeverPassesTheBound) {
  for (const std::int64_t megabytes : {60, 100, 130, 200, 300, 500}) {
    const ScanOptions options{.memory_bytes = megabytes * 1'000'000};
    const ScanPlan plan = plan_scan(kAlexnet, options);
    Taps seen;
    for (const std::vector<TapShape>& pass : plan.passes) {
      std::int64_t features = 0;
      std::int64_t working = 0;
      for (const TapShape& tap : pass) {
        seen.push_back(tap.tap);
        features += tap.shape.bytes();
        working = std::max(working, scan_working_bytes(tap.shape, options, *scan_method_within(tap.shape, options)));
      }
      EXPECT_LE(features + working, options.memory_bytes) << megabytes;
    }
    for (const TapShape& tap : plan.streamed) {
      EXPECT_FALSE(scan_method_within(tap.shape, options).has_value());
      seen.push_back(tap.tap);
    }
    EXPECT_THAT(seen, testing::UnorderedElementsAre(2, 5, 8, 10, 12, 17)) << megabytes;
  }
}

TEST(PlanScan, StreamsWhatDoesNotFitAlone) {
  const ScanPlan plan = plan_scan({{2, {256, 64, 50'176}}, {30, {256, 512, 196}}, {40, {256, 512, 196}}}, {});
  EXPECT_EQ(taps_of(plan.streamed), Taps{2});
  EXPECT_EQ(plan.passes.size(), 1U);
}

}  // namespace
}  // namespace neusemslice
