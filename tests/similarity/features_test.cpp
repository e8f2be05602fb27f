#include "similarity/features.hpp"

#include <gmock/gmock.h>

#include "support/reference.hpp"
#include "support/toy_networks.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

std::vector<TapSlice> whole_layers(const Problem& problem) {
  std::vector<TapSlice> slices;
  for (const UnitLayer& layer : problem.units.layers) slices.push_back({layer.tap, 0, layer.units});
  return slices;
}

std::vector<at::Tensor> features_of(const Problem& problem, const at::Tensor& positions,
                                    const std::vector<TapSlice>& slices, const SimilarityConfig& config = {}) {
  return tap_features(problem.network, problem.dataset.training, problem.dataset.normalisation, positions, config,
                      slices);
}

TEST(TapFeatures, AreTheTapsValuesInTheOrderOfTheSamples) {
  Problem problem = random_problem(61, {.samples = 300});
  problem.dataset.normalisation = {.mean = {0.3}, .deviation = {0.5}};
  const std::vector<std::int64_t> chosen = random_order(61, 300);
  const auto features = features_of(problem, index_tensor(chosen), whole_layers(problem));
  ASSERT_EQ(features.size(), 2U);
  EXPECT_EQ(features[0].sizes(), at::IntArrayRef({300, 7, 1}));
  EXPECT_EQ(features[1].sizes(), at::IntArrayRef({300, 5, 1}));
  Rows expected;
  for (const std::int64_t position : chosen) {
    expected.push_back(trace(dense_layers(problem.network),
                             input_row(problem.dataset.training, problem.dataset.normalisation, position))
                           .a[1]);
  }
  EXPECT_LE(relative_to_largest(features[1].squeeze(2), to_tensor(expected)), 1e-6);
}

TEST(TapFeatures, OfMapsHaveTheirPositionsFlattened) {
  const Problem problem = toy_problem("stack", 62);
  const std::vector<at::Tensor> values = forward_all(
      problem.network,
      gather_images(problem.dataset.training.images, at::arange(20), problem.dataset.normalisation, at::kCPU));
  const at::Tensor& tap = values[static_cast<std::size_t>(problem.units.layers[0].tap)];
  EXPECT_TRUE(bits_equal(features_of(problem, at::arange(20), whole_layers(problem))[0], tap.flatten(2)));
}

TEST(TapFeatures, OfSomeUnitsAreThoseOfAll) {
  const Problem problem = toy_problem("stack", 63);
  const std::int64_t tap = problem.units.layers[1].tap;
  const auto parts = features_of(problem, at::arange(20), {{tap, 4, 6}, {tap, 0, 4}});
  const auto whole = features_of(problem, at::arange(20), {{tap, 0, 6}});
  EXPECT_TRUE(bits_equal(at::cat({parts[1], parts[0]}, 1), whole[0]));
}

TEST(TapFeatures, CanBeTheMeanOverPositions) {
  const Problem problem = toy_problem("averages", 64);
  SimilarityConfig mean;
  mean.features = "mean";
  const auto whole = features_of(problem, at::arange(20), whole_layers(problem));
  const auto means = features_of(problem, at::arange(20), whole_layers(problem), mean);
  EXPECT_EQ(means[0].sizes(), at::IntArrayRef({20, 5, 1}));
  EXPECT_LE(relative_to_largest(means[0], whole[0].mean(2, true, at::kDouble)), 1e-7);
}

TEST(TapFeatures, OfOnePositionAreTheirOwnMean) {
  const Problem problem = random_problem(62);
  SimilarityConfig mean;
  mean.features = "mean";
  const auto means = features_of(problem, at::arange(20), whole_layers(problem), mean);
  const auto whole = features_of(problem, at::arange(20), whole_layers(problem));
  for (std::size_t layer = 0; layer < 2; ++layer) EXPECT_TRUE(bits_equal(means[layer], whole[layer]));
}

TEST(TapFeatures, OfNoSamplesAreEmpty) {
  const Problem problem = random_problem(63);
  EXPECT_EQ(features_of(problem, index_tensor({}), whole_layers(problem))[0].sizes(), at::IntArrayRef({0, 7, 1}));
}

}  // namespace
}  // namespace neusemslice
