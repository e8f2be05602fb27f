#include "slicing/slice_choice.hpp"

#include <limits>

#include <gmock/gmock.h>

#include "models/zoo.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::ElementsAre;

const std::vector<std::string> kMetrics = {"avg", "taylor"};

/// Two hidden layers of 40 and 12 units, three categories, scores and curves at random.
struct Toy {
  UnitGraph units = derive_units(make_architecture({.name = "mlp", .hidden = {40, 12}}, {1, 2, 2}, 3));
  Scores scores;
  SimilarityCurves curves;

  explicit Toy(std::uint64_t seed) {
    at::manual_seed(seed);
    for (const UnitLayer& layer : units.layers) {
      for (const std::string& metric : kMetrics) {
        const at::Tensor by_category = at::rand({3, layer.units}, at::kDouble);
        scores[layer.name][metric] = {by_category, by_category.mean(0)};
        at::Tensor curve = at::rand({3, layer.units + 1}, at::kDouble);
        curve.select(1, 0).fill_(0);
        curve.select(1, layer.units).fill_(1);
        curves[layer.name][metric] = curve;
      }
    }
  }
};

std::int64_t kept_units(const Slice& slice) {
  std::int64_t count = 0;
  for (const auto& entry : slice.kept) count += static_cast<std::int64_t>(entry.second.size());
  return count;
}

SliceSearch search_of(std::int64_t least_units, std::int64_t interval = 1) {
  return {kMetrics, interval, kept_units, [=](const Slice& slice) { return kept_units(slice) >= least_units; }};
}

TEST(CrossingThresholds, AreTheRunningMaximaAtMultiplesOfTheInterval) {
  const SimilarityCurves curves = {{"fc1", {{"avg", to_tensor(Row{0, 0.5, 0.4, 0.9, 1}).view({1, 5})}}}};
  EXPECT_THAT(crossing_thresholds(curves, "avg", 1), ElementsAre(0, 0.5, 0.9, 1));
  EXPECT_THAT(crossing_thresholds(curves, "avg", 2), ElementsAre(0, 0.4, 1));
}

TEST(ChooseSlice, IsTheSmallestOfAllThresholdsAndMetricsThatHolds) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Toy toy(seed);
    for (const std::int64_t interval : {1, 3}) {
      const std::int64_t least = 10 + 2 * static_cast<std::int64_t>(seed);
      std::int64_t expected = std::numeric_limits<std::int64_t>::max();
      SingleCommunicator alone;
      for (const std::string& metric : kMetrics) {
        for (const double threshold : crossing_thresholds(toy.curves, metric, interval)) {
          const std::int64_t kept =
              kept_units(semantic_slice(toy.units, toy.scores, toy.curves, metric, threshold, interval, alone));
          if (kept >= least) expected = std::min(expected, kept);
        }
      }
      const Slice chosen = choose_slice(toy.units, toy.scores, toy.curves, search_of(least, interval));
      EXPECT_EQ(kept_units(chosen), std::min<std::int64_t>(expected, 52)) << "seed " << seed;
      EXPECT_EQ(chosen, kept_units(chosen) == 52 ? chosen
                                                 : semantic_slice(toy.units, toy.scores, toy.curves, chosen.metric,
                                                                  chosen.level, interval, alone));
    }
  }
}

TEST(ChooseSlice, KeepsEverythingWhereNothingHolds) {
  const Toy toy(1);
  const Slice chosen = choose_slice(toy.units, toy.scores, toy.curves, search_of(1000));
  EXPECT_EQ(kept_units(chosen), 52);
  EXPECT_EQ(chosen.metric, "avg");
  EXPECT_EQ(chosen.level, 1);
}

TEST(ChooseSlice, OfEqualOnesTakesTheEarlierMetrics) {
  Toy toy(2);
  for (auto& [layer, metrics] : toy.scores) metrics["taylor"] = metrics["avg"];
  for (auto& [layer, metrics] : toy.curves) metrics["taylor"] = metrics["avg"];
  EXPECT_EQ(choose_slice(toy.units, toy.scores, toy.curves, search_of(20)).metric, "avg");
}

}  // namespace
}  // namespace neusemslice
