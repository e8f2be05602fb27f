#include "slicing/slice.hpp"

#include <functional>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/zoo.hpp"
#include "parallel/shard.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using Units = std::vector<std::int64_t>;

TEST(UnitsAtPercent, RoundUpInIntegers) {
  EXPECT_EQ(units_at_percent(512, 10), 52);  // 51.2
  EXPECT_EQ(units_at_percent(256, 50), 128);
  EXPECT_EQ(units_at_percent(256, 51), 131);  // 130.56
  EXPECT_EQ(units_at_percent(100, 7), 7);     // 0.07 * 100 is 7.000000000000001 in floating point
  EXPECT_EQ(units_at_percent(50, 58), 29);    // and 0.58 * 50 is 28.999999999999996
  EXPECT_EQ(units_at_percent(1, 1), 1);
  EXPECT_EQ(units_at_percent(7, 100), 7);
  EXPECT_EQ(units_at_percent(7, 0), 0);
}

TEST(UnitsAtPercent, AreTheLeastNumberThatReachesThePercentage) {
  for (std::int64_t units = 1; units <= 600; ++units) {
    for (std::int64_t percent = 0; percent <= 100; ++percent) {
      const std::int64_t count = units_at_percent(units, percent);
      ASSERT_GE(count * 100, percent * units);
      ASSERT_LT((count - 1) * 100, percent * units) << units << " " << percent;
    }
  }
}

TEST(FirstCrossing, IsTheSmallestKThatReachesTheThreshold) {
  const at::Tensor curve = to_tensor(Row{0, 0.5, 0.9, 0.7, 0.95, 1});
  EXPECT_EQ(first_crossing(curve, 0.9, 1), 2);
  EXPECT_EQ(first_crossing(curve, 0.91, 1), 4);
  EXPECT_EQ(first_crossing(curve, 0.0, 1), 0);
  EXPECT_EQ(first_crossing(curve, 0.5, 1), 1);
}

TEST(FirstCrossing, TheFirstOneCountsWhenTheCurveFallsAgain) {
  EXPECT_EQ(first_crossing(to_tensor(Row{0, 0.99, 0.5, 0.6, 1}), 0.95, 1), 1);
}

TEST(FirstCrossing, LooksOnlyAtMultiplesOfTheInterval) {
  const at::Tensor curve = to_tensor(Row{0, 0.5, 0.9, 0.7, 0.95, 1});
  EXPECT_EQ(first_crossing(curve, 0.9, 2), 2);
  EXPECT_EQ(first_crossing(curve, 0.9, 3), 5);  // 0, 3, then all
  EXPECT_EQ(first_crossing(curve, 0.6, 3), 3);
  EXPECT_EQ(first_crossing(curve, 0.9, 4), 4);
  EXPECT_EQ(first_crossing(curve, 0.9, 100), 5);
}

TEST(FirstCrossing, TakesEveryUnitWhereNothingReachesIt) {
  EXPECT_EQ(first_crossing(to_tensor(Row{0, 0.2, 0.4, 0.999}), 1.0, 1), 3);
  EXPECT_EQ(first_crossing(to_tensor(Row{0, 0.2, 0.4, 1}), 1.0, 1), 3);
  EXPECT_EQ(first_crossing(to_tensor(Row{0, 0.2, 1, 1}), 1.0, 1), 2);
}

TEST(FirstCrossing, OfASilentLayerIsNothing) {
  EXPECT_EQ(first_crossing(to_tensor(Row{1, 1, 1}), 1.0, 1), 0);
}

TEST(BandUnits, AreTheUnitsRankedBetweenTwoPercentages) {
  const at::Tensor scores = to_tensor(Row{5, 9, 1, 7, 3, 8, 2, 6, 0, 4});  // ranked 1 5 3 7 0 9 4 6 2 8
  EXPECT_EQ(band_units(scores, 0, 20), (Units{1, 5}));
  EXPECT_EQ(band_units(scores, 20, 50), (Units{0, 3, 7}));
  EXPECT_EQ(band_units(scores, 0, 0), Units{});
  EXPECT_EQ(band_units(scores, 0, 100).size(), 10U);
}

TEST(BandUnits, EdgesRoundUpAndBandsDoNotOverlap) {
  const at::Tensor scores = to_tensor(Row{7, 6, 5, 4, 3, 2, 1});  // 10 % of 7 = 0.7 -> 1, 20 % = 1.4 -> 2, 30 % -> 3
  EXPECT_EQ(band_units(scores, 0, 10), (Units{0}));
  EXPECT_EQ(band_units(scores, 10, 20), (Units{1}));
  EXPECT_EQ(band_units(scores, 20, 30), (Units{2}));
  Units all;
  for (std::int64_t from = 0; from < 100; from += 10) {
    for (const std::int64_t unit : band_units(scores, from, from + 10)) all.push_back(unit);
  }
  EXPECT_EQ(all, (Units{0, 1, 2, 3, 4, 5, 6}));
}

TEST(BandUnits, OfEqualScoresFollowTheIndex) {
  EXPECT_EQ(band_units(at::ones({10}, at::kDouble), 20, 40), (Units{2, 3}));
}

// ---- Slices ----

/// Two layers, fc1 with 5 units and fc2 with 3, scored by "avg" for two categories.
struct Sliceable {
  UnitGraph units = derive_units(make_mlp({1, 1, 2}, {5, 3}, 2));
  Scores scores;
  SimilarityCurves curves;

  Sliceable() {
    scores["fc1"]["avg"] = {to_tensor(Rows{{5, 4, 3, 2, 1}, {1, 2, 3, 4, 5}}), to_tensor(Row{1, 5, 4, 3, 2})};
    scores["fc2"]["avg"] = {to_tensor(Rows{{3, 2, 1}, {3, 1, 2}}), to_tensor(Row{1, 2, 3})};
    curves["fc1"]["avg"] = to_tensor(Rows{{0, 0.8, 0.9, 1, 1, 1}, {0, 0.5, 0.6, 0.7, 0.8, 1}});
    curves["fc2"]["avg"] = to_tensor(Rows{{0, 0.99, 1, 1}, {0, 0.95, 1, 1}});
  }
};

TEST(GlobalSlice, KeepsTheTopPercentOfTheGlobalScore) {
  const Sliceable given;
  const Slice slice = global_slice(given.units, given.scores, "avg", 40);
  EXPECT_EQ(slice.kept, (KeptUnits{{"fc1", {1, 2}}, {"fc2", {1, 2}}}));
  EXPECT_EQ(slice.strategy, "global");
  EXPECT_EQ(slice.metric, "avg");
  EXPECT_EQ(slice.level, 40);
  EXPECT_TRUE(slice.rescued.empty());
}

TEST(GlobalSlice, OfAHundredPercentKeepsEverything) {
  const Sliceable given;
  EXPECT_EQ(global_slice(given.units, given.scores, "avg", 100).kept,
            (KeptUnits{{"fc1", {0, 1, 2, 3, 4}}, {"fc2", {0, 1, 2}}}));
}

TEST(CategorySlice, IsTheUnionOfTheCategoriesTops) {
  const Sliceable given;
  SingleCommunicator alone;
  EXPECT_EQ(category_slice(given.units, given.scores, "avg", 40, alone).kept,
            (KeptUnits{{"fc1", {0, 1, 3, 4}}, {"fc2", {0, 1, 2}}}));
  EXPECT_EQ(category_slice(given.units, given.scores, "avg", 20, alone).kept,
            (KeptUnits{{"fc1", {0, 4}}, {"fc2", {0}}}));
}

TEST(SemanticSlice, IsTheUnionOfTheCategoriesFirstCrossings) {
  const Sliceable given;
  SingleCommunicator alone;
  // fc1: category 0 crosses 0.8 at k = 1 (unit 0), category 1 at k = 4 (units 4, 3, 2, 1); fc2: both at k = 1.
  const Slice slice = semantic_slice(given.units, given.scores, given.curves, "avg", 0.8, 1, alone);
  EXPECT_EQ(slice.kept, (KeptUnits{{"fc1", {0, 1, 2, 3, 4}}, {"fc2", {0}}}));
  EXPECT_EQ(slice.level, 0.8);
  EXPECT_EQ(semantic_slice(given.units, given.scores, given.curves, "avg", 0.6, 1, alone).kept,
            (KeptUnits{{"fc1", {0, 3, 4}}, {"fc2", {0}}}));
}

TEST(SemanticSlice, WithAnIntervalKeepsWholeSteps) {
  const Sliceable given;
  SingleCommunicator alone;
  // Interval 2: category 0 crosses 0.6 at k = 2 (units 0, 1), category 1 at k = 2 (units 4, 3); fc2 at 2: 0, 1 and
  // 0, 2.
  EXPECT_EQ(semantic_slice(given.units, given.scores, given.curves, "avg", 0.6, 2, alone).kept,
            (KeptUnits{{"fc1", {0, 1, 3, 4}}, {"fc2", {0, 1, 2}}}));
}

TEST(Slices, OfAnUnknownMetricAreAnError) {
  const Sliceable given;
  SingleCommunicator alone;
  EXPECT_THROW(global_slice(given.units, given.scores, "taylor", 10), Error);
  EXPECT_THROW(category_slice(given.units, given.scores, "taylor", 10, alone), Error);
}

TEST(Rescue, AnEmptyLayerKeepsItsBestUnitByTheGlobalScoreAndSaysSo) {
  Sliceable given;
  SingleCommunicator alone;
  given.curves["fc2"]["avg"] = at::ones({2, 4}, at::kDouble);  // silent for both categories
  const Slice slice = semantic_slice(given.units, given.scores, given.curves, "avg", 0.6, 1, alone);
  EXPECT_EQ(slice.kept.at("fc2"), (Units{2}));  // global scores 1, 2, 3
  EXPECT_EQ(slice.rescued, (std::vector<std::string>{"fc2"}));
  EXPECT_EQ(slice.kept.at("fc1"), (Units{0, 3, 4}));
}

TEST(Rescue, OfEqualScoresKeepsTheLowestIndex) {
  Sliceable given;
  SingleCommunicator alone;
  given.curves["fc1"]["avg"] = at::ones({2, 6}, at::kDouble);
  given.scores["fc1"]["avg"].global = at::zeros({5}, at::kDouble);
  EXPECT_EQ(semantic_slice(given.units, given.scores, given.curves, "avg", 0.9, 1, alone).kept.at("fc1"), (Units{0}));
}

TEST(Rescue, AnyCategoryThatKeepsAUnitIsEnough) {
  Sliceable given;
  SingleCommunicator alone;
  given.curves["fc2"]["avg"][0].fill_(1);
  const Slice slice = semantic_slice(given.units, given.scores, given.curves, "avg", 0.6, 1, alone);
  EXPECT_EQ(slice.kept.at("fc2"), (Units{0}));
  EXPECT_TRUE(slice.rescued.empty());
}

// ---- Many ranks, with a communicator that only remembers ----

/// The ranks run one after the other, twice: the first round records every mask, the second hands out the maxima. So
/// any number of ranks can be tested in one thread.
class RecordingCommunicator final : public Communicator {
 public:
  RecordingCommunicator(int rank, int size, std::vector<at::Tensor>& maxima)
      : rank_(rank), size_(size), maxima_(maxima) {}
  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] at::Device device() const override { return at::kCPU; }
  void all_reduce_sum(at::Tensor& /*values*/) override { FAIL() << "a union takes maxima"; }
  void all_reduce_max(at::Tensor& values) override {
    if (call_ == maxima_.size()) maxima_.push_back(at::zeros_like(values));
    at::Tensor& maximum = maxima_[call_++];
    ASSERT_EQ(maximum.sizes(), values.sizes()) << "every rank brings the same shape to the same call";
    maximum = at::maximum(maximum, values);
    values.copy_(maximum);
  }
  [[nodiscard]] std::vector<at::Tensor> all_gather(const at::Tensor& values) override { return {values}; }
  void broadcast(at::Tensor& /*values*/, int /*root*/) override {}
  void barrier() override {}

 private:
  int rank_;
  int size_;
  std::size_t call_ = 0;
  std::vector<at::Tensor>& maxima_;
};

struct ManyCategories {
  UnitGraph units = derive_units(make_mlp({1, 1, 2}, {30, 11}, 10));
  Scores scores;
  SimilarityCurves curves;

  ManyCategories() {
    for (const UnitLayer& layer : units.layers) {
      scores[layer.name]["avg"] = {random_tensor(1, layer.name, {10, layer.units}, 0, 1).to(at::kDouble),
                                   random_tensor(2, layer.name, {layer.units}, 0, 1).to(at::kDouble)};
      curves[layer.name]["avg"] =
          std::get<0>(random_tensor(3, layer.name, {10, layer.units + 1}, 0, 1).to(at::kDouble).sort(1));
    }
  }
};

/// These categories, in this order; the global score stays that of all.
ManyCategories only(const ManyCategories& whole, const Units& categories) {
  ManyCategories part = whole;
  for (auto& [layer, metrics] : part.scores) {
    metrics["avg"].by_category = whole.scores.at(layer).at("avg").by_category.index_select(0, index_tensor(categories));
    part.curves[layer]["avg"] = whole.curves.at(layer).at("avg").index_select(0, index_tensor(categories));
  }
  return part;
}

using Cut = std::function<Slice(const ManyCategories&, Communicator&)>;

/// What every one of `size` ranks ends with.
std::vector<Slice> cut_on_ranks(const ManyCategories& given, int size, const Cut& cut) {
  std::vector<at::Tensor> maxima;
  std::vector<Slice> slices;
  for (int round = 0; round < 2; ++round) {
    slices.clear();
    for (int rank = 0; rank < size; ++rank) {
      RecordingCommunicator communicator(rank, size, maxima);
      slices.push_back(cut(given, communicator));
    }
    EXPECT_EQ(maxima.size(), 1U) << "one all-reduce unites the masks of all layers";
  }
  return slices;
}

const std::vector<std::pair<std::string, Cut>> kCuts = {
    {"category",
     [](const ManyCategories& given, Communicator& communicator) {
       return category_slice(given.units, given.scores, "avg", 5, communicator);
     }},
    {"semantic", [](const ManyCategories& given, Communicator& communicator) {
       return semantic_slice(given.units, given.scores, given.curves, "avg", 0.05, 1, communicator);
     }}};

TEST(Union, IsTheSameOnOneTwoThreeAndTwelveRanks) {
  const ManyCategories whole;
  SingleCommunicator alone;
  for (const auto& [name, cut] : kCuts) {
    const Slice expected = cut(whole, alone);
    EXPECT_LT(expected.kept.at("fc1").size(), 30U) << "the case must leave something out";
    for (const int size : {1, 2, 3, 12}) {  // of twelve ranks, two own no category
      for (const Slice& slice : cut_on_ranks(whole, size, cut)) EXPECT_EQ(slice, expected) << name;
    }
  }
}

TEST(Union, DoesNotDependOnTheOrderOfTheCategories) {
  const ManyCategories whole;
  SingleCommunicator alone;
  for (const auto& [name, cut] : kCuts) {
    const Slice expected = cut(whole, alone);
    const ManyCategories shuffled = only(whole, {3, 9, 0, 1, 8, 2, 7, 4, 6, 5});
    for (const int size : {1, 3, 4}) {
      for (const Slice& slice : cut_on_ranks(shuffled, size, cut)) EXPECT_EQ(slice, expected) << name;
    }
  }
}

TEST(Union, WithItselfIsItself) {
  const ManyCategories whole;
  SingleCommunicator alone;
  const ManyCategories twice = only(whole, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  for (const auto& [name, cut] : kCuts) {
    for (const Slice& slice : cut_on_ranks(twice, 2, cut)) EXPECT_EQ(slice, cut(whole, alone)) << name;
  }
}

TEST(Union, RescuesOnlyWhatIsEmptyOnAllRanks) {
  ManyCategories whole;
  for (std::int64_t category = 0; category < 9; ++category) whole.curves["fc2"]["avg"][category].fill_(1);
  whole.curves["fc2"]["avg"][9][0] = 0;  // only the last category needs a unit
  SingleCommunicator alone;
  const Cut& semantic = kCuts[1].second;
  const Slice expected = semantic(whole, alone);
  EXPECT_TRUE(expected.rescued.empty());
  for (const Slice& slice : cut_on_ranks(whole, 3, semantic)) EXPECT_EQ(slice, expected);
}

}  // namespace
}  // namespace neusemslice
