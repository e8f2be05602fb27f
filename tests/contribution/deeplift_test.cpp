#include <cmath>

#include <gmock/gmock.h>

#include "contribution/scorer.hpp"
#include "core/error.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"

// Numbers of baselines.md section 5, which come from captum and are printed to about 1e-7.
namespace neusemslice {
namespace {

using namespace test_support;

constexpr double kPrinted = 3e-6;

void expect_row(const at::Tensor& actual, const Row& expected) {
  const Row row = to_row(actual.flatten());
  ASSERT_EQ(row.size(), expected.size());
  for (std::size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(row[i], expected[i], kPrinted) << "unit " << i;
}

/// Attributions of net T's two hidden layers for x1 = (1, 1) and x2 = (-1, 2), baseline 0.
std::map<std::string, at::Tensor> attributions_of_t(std::int64_t target) {
  const Network t = net_t();
  return deeplift_attributions(t, derive_units(t.architecture), at::cat({net_t_input(1, 1), net_t_input(-1, 2)}),
                               net_t_input(0, 0), target);
}

/// Of the inputs, through the layer that carries them unchanged.
at::Tensor input_attributions(const at::Tensor& batch, const at::Tensor& reference, std::int64_t target) {
  const Network network = net_t_with_inputs_as_units();
  return deeplift_attributions(network, derive_units(network.architecture), batch, reference, target).at("fc1");
}

TEST(DeepLift, OfNetTForTarget0) {
  const auto attributions = attributions_of_t(0);
  expect_row(attributions.at("fc1"), {3.40909100, 0, 0.34090909, 1.5, -6, 1});
  expect_row(attributions.at("fc2"), {1.75, 2.0, 0, -3.5});
}

TEST(DeepLift, OfNetTForTarget1) {
  const auto attributions = attributions_of_t(1);
  expect_row(attributions.at("fc1"), {-4.56818199, 0, 0.06818181, -0.75, 3, -0.5});
  expect_row(attributions.at("fc2"), {-3.5, -1.0, 0, 1.75});
}

TEST(DeepLift, OfNetTsInputs) {
  const at::Tensor batch = at::cat({net_t_input(1, 1), net_t_input(-1, 2)});
  expect_row(input_attributions(batch, net_t_input(0, 0), 0), {3.43181801, 0.31818193, -2.3, -1.2});
  expect_row(input_attributions(batch, net_t_input(0, 0), 1), {-3.86363626, -0.63636386, 1.15, 0.6});
}

TEST(DeepLift, FromAnotherBaseline) {
  const at::Tensor batch = at::cat({net_t_input(1, 1), net_t_input(-1, 2)});
  const at::Tensor baseline = net_t_input(0.5, -0.5);
  const Network t = net_t();
  expect_row(deeplift_attributions(t, derive_units(t.architecture), batch, baseline, 0).at("fc1"),
             {4.3, -1.4666667, 0.6666666, 1.5, -7, 1.75});
  expect_row(input_attributions(batch, baseline, 0), {1.21428573, 2.28571463, -2.86401081, -0.88598895});
}

TEST(DeepLift, MultipliersAtTheFirstLayer) {
  const auto attributions = attributions_of_t(0);
  // a - a0 at r1: x1 (3, 0.5, 0.5) and x2 (3, 3.5, 0) less the baseline's (0, 0.5, 1); unit 1 of x1 has no difference.
  const Row difference = {3, 0, -0.5, 3, 3, -1};
  const Row expected = {1.13636363, NAN, -0.68181819, 0.5, -2, -1};
  const Row row = to_row(attributions.at("fc1").flatten());
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (difference[i] != 0) {
      EXPECT_NEAR(row[i] / difference[i], expected[i], kPrinted) << i;
    }
  }
}

TEST(DeepLift, OfTheBaselineItselfIsZero) {
  for (const at::Tensor& x : {net_t_input(1, 1), net_t_input(-1, 2)}) {
    for (const auto& entry : deeplift_attributions(net_t(), derive_units(net_t().architecture), x, x, 0)) {
      EXPECT_EQ(entry.second.abs().max().item<double>(), 0);
    }
  }
}

TEST(DeepLift, AUnitThatDoesNotMovePassesTheOrdinaryDerivative) {
  // x = (1, 1) from (0, 1.5): the first unit is 3 both times. Multipliers of the inputs (4.375, 0.25).
  expect_row(input_attributions(net_t_input(1, 1), net_t_input(0, 1.5), 0), {4.375, -0.125});
  const Network t = net_t();
  expect_row(
      deeplift_attributions(t, derive_units(t.architecture), net_t_input(1, 1), net_t_input(0, 1.5), 0).at("fc1"),
      {0, 4.5, -0.25});
}

TEST(DeepLift, FollowsPlainLoopsInFloat64) {
  const Problem problem = random_problem(31);
  const std::vector<DenseLayer> layers = dense_layers(problem.network);
  const at::Tensor batch = gather_images(problem.dataset.training.images, at::arange(40), {}, at::kCPU);
  const at::Tensor reference = random_tensor(31, "baseline", {1, 1, 3, 2}, 0, 1);
  const Trace at_reference = trace(layers, to_row(reference.flatten()));
  const auto attributions = deeplift_attributions(problem.network, problem.units, batch, reference, 2);
  for (std::size_t l = 0; l < 2; ++l) {
    Rows expected;
    for (std::int64_t i = 0; i < 40; ++i) {
      const Trace at_x = trace(layers, input_row(problem.dataset.training, {}, i));
      const Row multipliers = deeplift_multipliers(layers, at_x, at_reference, 2)[l];
      Row row;
      for (std::size_t n = 0; n < multipliers.size(); ++n) {
        row.push_back((at_x.a[l][n] - at_reference.a[l][n]) * multipliers[n]);
      }
      expected.push_back(row);
    }
    EXPECT_LE(relative_to_largest(attributions.at(layers[l].name), to_tensor(expected)), 2e-6);
  }
}

TEST(DeepLift, AttributionsSumToTheDifferenceOfTheLogitAtEveryLayer) {
  const Problem problem =
      random_problem(32, {.image = {1, 4, 4}, .hidden = {20, 15, 9}, .categories = 4, .samples = 100});
  const at::Tensor batch = gather_images(problem.dataset.training.images, at::arange(100), {}, at::kCPU);
  double worst = 0;
  for (const at::Tensor& reference : {at::zeros({1, 1, 4, 4}), batch.mean(0, true)}) {
    for (std::int64_t target = 0; target < 4; ++target) {
      const at::Tensor moved =
          (forward(problem.network, batch) - forward(problem.network, reference)).select(1, target).to(at::kDouble);
      for (const auto& [layer, attribution] :
           deeplift_attributions(problem.network, problem.units, batch, reference, target)) {
        const at::Tensor error = (attribution.to(at::kDouble).sum(1) - moved).abs();
        worst = std::max(worst, error.max().item<double>());
        EXPECT_TRUE(at::allclose(attribution.to(at::kDouble).sum(1), moved, 1e-5, 5e-6)) << layer;
      }
    }
  }
  RecordProperty("largest_error", fmt::format("{:.2e}", worst));
}

}  // namespace
}  // namespace neusemslice
