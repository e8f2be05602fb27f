#include "contribution/score_sums.hpp"

#include <gmock/gmock.h>

#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

Row ensemble(const Row& average, const Row& variance) {
  return to_row(ensemble_score(to_tensor(average), to_tensor(variance)));
}

TEST(Ensemble, IsTheMeanOfBothScaledToTheUnitRange) {
  EXPECT_EQ(ensemble({0, 1, 2}, {4, 0, 8}), (Row{0.25, 0.25, 1}));
}

TEST(Ensemble, AConstantVectorScalesToZero) {
  EXPECT_EQ(ensemble({0, 1, 2}, {5, 5, 5}), (Row{0, 0.25, 0.5}));
  EXPECT_EQ(ensemble({3, 3, 3}, {0, 1, 4}), (Row{0, 0.125, 0.5}));
  EXPECT_EQ(ensemble({3, 3}, {0, 0}), (Row{0, 0}));
}

TEST(Ensemble, OfOneUnitIsZero) {
  EXPECT_EQ(ensemble({3}, {7}), Row{0});
}

at::Tensor sample(double value) {
  return at::full({1, 1}, value, at::kFloat);
}

/// The sums of three samples of one unit with values 1, 2, 6, attributions 3, 0, 0 and sensitivities 1, -1, 3.
ScoreSums sums_of(const std::vector<std::size_t>& samples) {
  const Row value = {1, 2, 6};
  const Row multiplier = {-3, 0, 0};  // the reference is 2, so the attributions are (1 - 2) * -3 and 0
  const Row gradient = {0.5, -0.5, 1.5};
  ScoreSums sums;
  for (const std::size_t i : samples) {
    sums.add_values(sample(value[i]));
    sums.add_attributions(sample(value[i]), sample(2), sample(multiplier[i]));
    sums.add_sensitivities(sample(2), sample(gradient[i]));
  }
  return sums;
}

std::map<std::string, double> scores_of(const ScoreSums& sums, const std::string& reduction = "sample") {
  ContributionConfig config;
  config.taylor_reduction = reduction;
  std::map<std::string, double> scores;
  for (const auto& [metric, value] : sums.scores(config, 1)) scores[metric] = value[0].item<double>();
  return scores;
}

TEST(ScoreSums, AreMeansOverTheSamples) {
  const auto scores = scores_of(sums_of({0, 1, 2}));
  EXPECT_DOUBLE_EQ(scores.at("avg"), 3);
  EXPECT_DOUBLE_EQ(scores.at("var"), 14.0 / 3);
  EXPECT_DOUBLE_EQ(scores.at("ens"), 0);
  EXPECT_DOUBLE_EQ(scores.at("deeplift"), 1);
  EXPECT_DOUBLE_EQ(scores.at("taylor"), 11.0 / 3);
}

TEST(ScoreSums, TaylorByBatchSquaresTheMean) {
  EXPECT_DOUBLE_EQ(scores_of(sums_of({0, 1, 2}), "batch").at("taylor"), 1);
}

TEST(ScoreSums, MergeInAnyOrder) {
  const auto expected = scores_of(sums_of({0, 1, 2}));
  for (const auto& parts : std::vector<std::vector<std::vector<std::size_t>>>{
           {{0}, {1}, {2}}, {{2}, {0, 1}}, {{1, 2}, {}, {0}}, {{}, {0, 1, 2}}}) {
    ScoreSums merged;
    for (const auto& part : parts) merged.merge(sums_of(part));
    for (const auto& [metric, score] : scores_of(merged)) EXPECT_DOUBLE_EQ(score, expected.at(metric)) << metric;
  }
}

TEST(ScoreSums, WithoutSamplesAreZero) {
  for (const auto& entry : scores_of({})) EXPECT_EQ(entry.second, 0);
}

TEST(PartsOf, AsksOnlyForWhatTheMetricsNeed) {
  const ScoreParts taylor = parts_of({"taylor"});
  EXPECT_TRUE(taylor.taylor && !taylor.deeplift && !taylor.moments);
  const ScoreParts two = parts_of({"deeplift", "ens"});
  EXPECT_TRUE(!two.taylor && two.deeplift && two.moments);
}

}  // namespace
}  // namespace neusemslice
