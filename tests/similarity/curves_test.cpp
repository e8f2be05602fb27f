#include "similarity/curves.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "similarity/curve_file.hpp"
#include "similarity/features.hpp"
#include "support/reference.hpp"
#include "support/toy_networks.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

const std::vector<std::string> kMetrics = {"avg", "var", "ens", "deeplift", "taylor"};

Problem problem_to_scan() {
  return random_problem(71, {.image = {1, 4, 4}, .hidden = {24, 15}, .categories = 3, .samples = 90});
}

Scores scores_of(const Problem& problem) {
  return score_contributions(problem.network, problem.units, problem.dataset.training, problem.dataset.normalisation,
                             problem.positions, {});
}

SimilarityCurves curves_of(const Problem& problem, const Scores& scores, const SimilarityConfig& config) {
  return scan_similarities(problem.network, problem.units, problem.dataset.training, problem.dataset.normalisation,
                           problem.positions, scores, config);
}

/// Units by descending score, ties by lower index, written out.
std::vector<std::int64_t> ranked(const Row& scores) {
  std::vector<std::int64_t> order(scores.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
    return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
  });
  return order;
}

TEST(ScanSimilarities, OfACategoryWithoutSamplesAskForNoUnit) {
  Problem problem = problem_to_scan();
  problem.positions[1] = at::empty({0}, at::kLong);
  const SimilarityCurves curves = curves_of(problem, scores_of(problem), {});
  for (const auto& [layer, metrics] : curves) {
    for (const auto& [metric, curve] : metrics) {
      EXPECT_TRUE(curve[1].eq(1).all().item<bool>()) << layer << " " << metric;
      EXPECT_EQ(curve[0][0].item<double>(), 0) << layer << " " << metric;
    }
  }
}

TEST(ScanSimilarities, FollowAlgorithmOneForEveryLayerMetricAndCategory) {
  const Problem problem = problem_to_scan();
  const Scores scores = scores_of(problem);
  double worst = 0;
  for (const bool centered : {false, true}) {
    SimilarityConfig config;
    config.centered = centered;
    const SimilarityCurves curves = curves_of(problem, scores, config);
    for (std::size_t c = 0; c < 3; ++c) {
      for (const UnitLayer& layer : problem.units.layers) {
        const at::Tensor features = tap_features(problem.network, problem.dataset.training, {}, problem.positions[c],
                                                 config, {{layer.tap, 0, layer.units}})[0];
        for (const std::string& metric : kMetrics) {
          const auto category = static_cast<std::int64_t>(c);
          const auto order = ranked(to_row(scores.at(layer.name).at(metric).by_category[category]));
          const Row expected = algorithm_one_curve(features, order, centered);
          const at::Tensor curve = curves.at(layer.name).at(metric)[category];
          worst = std::max(worst, (curve - to_tensor(expected)).abs().max().item<double>());
        }
      }
    }
  }
  EXPECT_LE(worst, 1e-5);
  RecordProperty("largest_error", fmt::format("{:.2e}", worst));
}

TEST(ScanSimilarities, OfACategoryWithoutSamplesAreOneEverywhere) {
  Problem problem = problem_to_scan();
  const Scores scores = scores_of(problem);
  problem.positions[1] = index_tensor({});
  const SimilarityCurves curves = curves_of(problem, scores, {});
  EXPECT_EQ(to_row(curves.at("fc1").at("avg")[1]), Row(25, 1.0));
  EXPECT_EQ(curves.at("fc1").at("avg")[0][0].item<double>(), 0);
}

TEST(ScanSimilarities, OfADeadLayerAreOneEverywhere) {
  Problem problem = problem_to_scan();
  problem.network.parameters.at("fc2.weight").zero_();
  problem.network.parameters.at("fc2.bias").fill_(-1);
  const SimilarityCurves curves = curves_of(problem, scores_of(problem), {});
  EXPECT_EQ(curves.at("fc2").at("taylor").min().item<double>(), 1);
}

/// The largest difference between the curves of two scans.
double deviation(const SimilarityCurves& a, const SimilarityCurves& b) {
  double worst = 0;
  for (const auto& [layer, metrics] : a) {
    for (const auto& [metric, curve] : metrics) {
      worst = std::max(worst, (curve - b.at(layer).at(metric)).abs().max().item<double>());
    }
  }
  return worst;
}

TEST(ScanSimilarities, FollowAlgorithmOneOnConvolutionsAndAdditions) {
  for (const std::string& kind : toy_kinds()) {
    const Problem problem = toy_problem(kind, 72);
    const Scores scores = scores_of(problem);
    const SimilarityCurves curves = curves_of(problem, scores, {});
    double worst = 0;
    for (const UnitLayer& layer : problem.units.layers) {
      const at::Tensor features = tap_features(problem.network, problem.dataset.training, problem.dataset.normalisation,
                                               problem.positions[1], {}, {{layer.tap, 0, layer.units}})[0];
      const auto order = ranked(to_row(scores.at(layer.name).at("taylor").by_category[1]));
      const Row expected = algorithm_one_curve(features, order, false);
      worst = std::max(worst, (curves.at(layer.name).at("taylor")[1] - to_tensor(expected)).abs().max().item<double>());
    }
    EXPECT_LE(worst, 1e-5) << kind;
    RecordProperty("largest_error_" + kind, fmt::format("{:.2e}", worst));
  }
}

/// A megabyte holds a few layers of the toys' 300 samples, or, of the widest layer, a unit or two at a time.
TEST(ScanSimilarities, AreTheSameWhateverFitsTheMemory) {
  for (const std::string& kind : toy_kinds()) {
    const Problem problem = toy_problem(kind, 73, 1200);
    const Scores scores = scores_of(problem);
    for (const bool centered : {false, true}) {
      SimilarityConfig ample;
      ample.centered = centered;
      ample.samples_per_category = 0;
      ample.memory_mb = 4000;
      SimilarityConfig tight = ample;
      tight.memory_mb = 1;
      const double worst = deviation(curves_of(problem, scores, tight), curves_of(problem, scores, ample));
      EXPECT_LE(worst, 1e-5) << kind << (centered ? " centred" : "");
    }
  }
}

TEST(CurveTensors, ComeBackExactly) {
  const Problem problem = problem_to_scan();
  const SimilarityCurves curves = curves_of(problem, scores_of(problem), {});
  const TensorMap tensors = curve_tensors(curves, at::kDouble);
  EXPECT_EQ(tensors.at("fc1/avg").sizes(), at::IntArrayRef({3, 25}));
  const SimilarityCurves read = neusemslice::curves_of(tensors);
  for (const auto& [layer, metrics] : curves) {
    for (const auto& [metric, curve] : metrics) EXPECT_TRUE(bits_equal(read.at(layer).at(metric), curve));
  }
}

}  // namespace
}  // namespace neusemslice
