#include "similarity/features.hpp"

#include <gmock/gmock.h>

#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

std::map<std::string, at::Tensor> features_of(const Problem& problem, const at::Tensor& positions,
                                              const SimilarityConfig& config) {
  return layer_features(problem.network, problem.units, problem.dataset.training, problem.dataset.normalisation,
                        positions, config);
}

TEST(LayerFeatures, AreTheTapsValuesInTheOrderOfTheSamples) {
  Problem problem = random_problem(61, {.samples = 300});
  problem.dataset.normalisation = {.mean = {0.3}, .deviation = {0.5}};
  const std::vector<std::int64_t> chosen = random_order(61, 300);
  const auto features = features_of(problem, index_tensor(chosen), {});
  ASSERT_EQ(features.size(), 2U);
  EXPECT_EQ(features.at("fc1").sizes(), at::IntArrayRef({300, 7, 1}));
  EXPECT_EQ(features.at("fc2").sizes(), at::IntArrayRef({300, 5, 1}));
  Rows expected;
  for (const std::int64_t position : chosen) {
    expected.push_back(trace(dense_layers(problem.network),
                             input_row(problem.dataset.training, problem.dataset.normalisation, position))
                           .a[1]);
  }
  EXPECT_LE(relative_to_largest(features.at("fc2").squeeze(2), to_tensor(expected)), 1e-6);
}

TEST(LayerFeatures, OfOnePositionAreTheirOwnMean) {
  const Problem problem = random_problem(62);
  SimilarityConfig mean;
  mean.features = "mean";
  for (const auto& [layer, features] : features_of(problem, at::arange(20), mean)) {
    EXPECT_TRUE(bits_equal(features, features_of(problem, at::arange(20), {}).at(layer)));
  }
}

TEST(LayerFeatures, OfNoSamplesAreEmpty) {
  const Problem problem = random_problem(63);
  EXPECT_EQ(features_of(problem, index_tensor({}), {}).at("fc1").sizes(), at::IntArrayRef({0, 7, 1}));
}

}  // namespace
}  // namespace neusemslice
