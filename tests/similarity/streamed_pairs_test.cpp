#include "similarity/streamed_pairs.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

/// Hands out units of whole features and counts how many arrive at most at a time, and in all.
struct CountingSource {
  at::Tensor features;
  std::int64_t widest = 0;
  std::int64_t total = 0;

  at::Tensor operator()(std::int64_t begin, std::int64_t end) {
    widest = std::max(widest, end - begin);
    total += end - begin;
    return features.slice(1, begin, end);
  }
};

at::Tensor features_of(const FeatureShape& shape) {
  return random_tensor(4, "features", {shape.samples, shape.units, shape.positions}, -1, 1).relu();
}

TEST(StreamPairs, GiveTheCurveOfTheWholeScanWithinAFractionOfItsMemory) {
  for (const FeatureShape& shape : std::vector<FeatureShape>{{40, 30, 300}, {300, 12, 9}, {60, 50, 1}, {20, 33, 20}}) {
    const at::Tensor features = features_of(shape);
    const at::Tensor order = index_tensor(random_order(5, shape.units));
    for (const bool centered : {false, true}) {
      const SimilarityScan scan(features, {.centered = centered, .memory_bytes = 1'000'000'000});
      for (const std::int64_t divisor : {2, 3, 5}) {
        const ScanOptions options{.centered = centered,
                                  .memory_bytes = shape.bytes() / divisor + PairProducts::bytes(shape.units) + 500'000};
        CountingSource source{features};
        const PairProducts pairs = stream_pairs(shape, options, at::kCPU, std::ref(source));
        EXPECT_LE((pairs.curve(order) - scan.curve(order)).abs().max().item<double>(), 1e-5)
            << shape.units << " units, " << shape.positions << " positions, divided by " << divisor;
        EXPECT_LE(source.widest, plan_stream(shape, options).arriving);
      }
    }
  }
}

TEST(StreamPairs, TakeEveryUnitOnceWhereAllGramMatricesFit) {
  const FeatureShape shape{.samples = 16, .units = 20, .positions = 2000};
  CountingSource source{features_of(shape)};
  stream_pairs(shape, {.centered = false, .memory_bytes = 600'000}, at::kCPU, std::ref(source));
  EXPECT_EQ(source.total, 20);
  EXPECT_LT(source.widest, 5);
}

TEST(PlanStream, OfTheFirstLayerOfVgg19HoldsAllGramMatricesAndTakesAFewUnitsAtATime) {
  // 3.3 GB of features; 64 Gram matrices of 256 x 256 are 17 MB, one unit's features 51 MB.
  const StreamPlan plan = plan_stream({.samples = 256, .units = 64, .positions = 50'176}, {});
  EXPECT_EQ(plan, (StreamPlan{PairForm::grams, 64, 9}));
}

TEST(PlanStream, HoldsSomeUnitsAtATimeWhereGramMatricesAreLarge) {
  // 5,000 samples: a Gram matrix is 100 MB, a unit's features are 20 MB.
  const StreamPlan plan = plan_stream({.samples = 5000, .units = 64, .positions = 1024}, {});
  EXPECT_GE(plan.held, 2);
  EXPECT_LT(plan.held, 64);
  EXPECT_GE(plan.arriving, 1);
}

TEST(PlanStream, RefusesMemoryThatHoldsNoTwoUnits) {
  EXPECT_THROW(plan_stream({.samples = 256, .units = 64, .positions = 50'176}, {.memory_bytes = 10'000'000}),
               InputError);
}

}  // namespace
}  // namespace neusemslice
