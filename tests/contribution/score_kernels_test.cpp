#include "contribution/score_kernels.hpp"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

/// (samples, units, positions), or (samples, units) for one position as linear layers have it.
using Shape = std::vector<std::int64_t>;

const std::vector<Shape> kShapes = {{1, 1}, {7, 5}, {40, 200}, {0, 3}, {5, 3, 4}, {9, 70, 11}, {6, 2, 3, 3}};

at::Tensor signed_values(std::uint64_t seed, const std::string& purpose, const Shape& shape) {
  return random_tensor(seed, purpose, shape, -1, 1);
}

Shape one_sample(Shape shape) {
  shape[0] = 1;
  return shape;
}

at::Tensor floats(const Row& row) {
  return to_tensor(row).to(at::kFloat);
}

// ---- By hand ----

TEST(BatchMoments, OfTwoUnitsAtTwoPositions) {
  // Unit 0: means 1 and 3; unit 1: means 5 and 5.
  const BatchMoments moments = batch_moments(floats({0, 2, 5, 5, 2, 4, 4, 6}).view({2, 2, 2}));
  EXPECT_EQ(to_row(moments.mean), (Row{2, 5}));
  EXPECT_EQ(to_row(moments.squared_deviations), (Row{2, 0}));
}

TEST(AttributionSum, IsDifferenceTimesMultiplierOverSamplesAndPositions) {
  const at::Tensor values = floats({1, 2, 3, 4}).view({2, 1, 2});
  const at::Tensor reference = floats({1, 1}).view({1, 1, 2});
  const at::Tensor multipliers = floats({5, 1, -1, 2}).view({2, 1, 2});
  EXPECT_EQ(to_row(attribution_sum(values, reference, multipliers)), (Row{0 + 1 - 2 + 6}));
}

TEST(SensitivitySums, SquareEachSamplesSumOverPositions) {
  // Samples: 1 * 2 + 2 * -1 = 0 and 3 * 1 + 1 * 2 = 5.
  const SensitivitySums sums =
      sensitivity_sums(floats({1, 2, 3, 1}).view({2, 1, 2}), floats({2, -1, 1, 2}).view({2, 1, 2}));
  EXPECT_EQ(to_row(sums.sum), Row{5});
  EXPECT_EQ(to_row(sums.squared_sum), Row{25});
}

TEST(ReluBackward, PassesWhereTheInputIsPositive) {
  at::Tensor gradients = floats({1, 2, 3, 4}).view({2, 2});
  relu_backward(floats({1, 0, -1, 0.5}).view({2, 2}), gradients);
  EXPECT_EQ(to_row(gradients.flatten()), (Row{1, 0, 0, 4}));
}

/// The multiplier of a ReLU alone, at inputs z with the reference inputs z0.
Row rescale(const Row& z, const Row& z0, at::ScalarType type) {
  const auto width = static_cast<std::int64_t>(z.size());
  at::Tensor multipliers = at::ones({1, width}, type);
  rescale_backward(to_tensor(z).to(type).view({1, width}), to_tensor(z0).to(type).view({1, width}), multipliers);
  return to_row(multipliers.flatten());
}

TEST(RescaleBackward, IsTheSlopeBetweenInputAndReference) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    EXPECT_EQ(rescale({3, -1, 2, -1}, {-1, 3, 1, -2}, type), (Row{0.75, 0.75, 1, 0}));
  }
}

TEST(RescaleBackward, IsTheOrdinaryDerivativeWhereNothingMoves) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    EXPECT_EQ(rescale({3, -1, 0, 1e-11, 1e-11, -1e-11}, {3, -1, 0, -4e-11, 0, 4e-11}, type), (Row{1, 0, 0, 1, 1, 0}));
  }
}

TEST(RescaleBackward, MultipliesWhatComesFromAbove) {
  at::Tensor multipliers = floats({2, -4}).view({2, 1});
  rescale_backward(floats({3, 1}).view({2, 1}), floats({-1}).view({1, 1}), multipliers);
  EXPECT_EQ(to_row(multipliers.flatten()), (Row{1.5, -2}));
}

// ---- The loops against LibTorch's operators in float64 ----

TEST(ScoreKernels, AgreeWithTheOperatorsOnEveryShape) {
  for (const Shape& shape : kShapes) {
    if (shape[0] == 0) continue;
    SCOPED_TRACE(testing::PrintToString(shape));
    const at::Tensor z = signed_values(1, "z", shape);
    const at::Tensor reference = signed_values(1, "reference", one_sample(shape));
    const at::Tensor gradients = signed_values(1, "gradients", shape);
    const auto exact = [](const at::Tensor& tensor) { return tensor.to(at::kDouble); };

    const BatchMoments moments = batch_moments(z);
    const BatchMoments expected_moments = aten::batch_moments(exact(z));
    EXPECT_LE(relative_to_largest(moments.mean, expected_moments.mean), 1e-12);
    EXPECT_LE(relative_to_largest(moments.squared_deviations, expected_moments.squared_deviations), 1e-12);
    EXPECT_LE(relative_to_largest(attribution_sum(z, reference, gradients),
                                  aten::attribution_sum(exact(z), exact(reference), exact(gradients))),
              1e-12);
    const SensitivitySums sums = sensitivity_sums(z, gradients);
    const SensitivitySums expected_sums = aten::sensitivity_sums(exact(z), exact(gradients));
    EXPECT_LE(relative_to_largest(sums.sum, expected_sums.sum), 1e-12);
    EXPECT_LE(relative_to_largest(sums.squared_sum, expected_sums.squared_sum), 1e-12);

    at::Tensor passed = gradients.clone();
    at::Tensor expected_passed = gradients.clone();
    relu_backward(z, passed);
    aten::relu_backward(z, expected_passed);
    EXPECT_TRUE(at::equal(passed, expected_passed));
    at::Tensor rescaled = gradients.clone();
    at::Tensor expected_rescaled = exact(gradients);
    rescale_backward(z, reference, rescaled);
    aten::rescale_backward(exact(z), exact(reference), expected_rescaled);
    EXPECT_LE(relative_to_largest(rescaled, expected_rescaled), 1e-6);  // the loops divide in float32
  }
}

TEST(ScoreKernels, OfAnEmptyBatchAddNothing) {
  const at::Tensor none = at::zeros({0, 3});
  at::Tensor gradients = at::zeros({0, 3});
  relu_backward(none, gradients);
  rescale_backward(none, at::zeros({1, 3}), gradients);
  EXPECT_EQ(to_row(attribution_sum(none, at::zeros({1, 3}), none)), (Row{0, 0, 0}));
  EXPECT_EQ(to_row(sensitivity_sums(none, none).sum), (Row{0, 0, 0}));
}

TEST(ScoreKernels, DoNotCancelFarFromZero) {
  const at::Tensor values = random_tensor(3, "far from zero", {400, 3, 2}, 1e4 - 1e-2, 1e4 + 1e-2);
  const at::Tensor means = values.to(at::kDouble).mean(2);
  const at::Tensor expected = (means - means.mean(0)).square().sum(0);
  EXPECT_LE(relative_to_largest(batch_moments(values).squared_deviations, expected), 1e-9);
}

TEST(ScoreKernels, GiveTheSameBitsOnAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  const at::Tensor z = signed_values(4, "z", {64, 700});
  const at::Tensor gradients = signed_values(4, "gradients", {64, 700});
  std::vector<SensitivitySums> sums;
  std::vector<BatchMoments> moments;
  for (const int threads : {1, 2, 5}) {
    at::set_num_threads(threads);
    sums.push_back(sensitivity_sums(z, gradients));
    moments.push_back(batch_moments(z));
  }
  at::set_num_threads(before);
  for (std::size_t i = 1; i < sums.size(); ++i) {
    EXPECT_TRUE(bits_equal(sums[i].squared_sum, sums[0].squared_sum));
    EXPECT_TRUE(bits_equal(moments[i].squared_deviations, moments[0].squared_deviations));
  }
}

/// Compiled here without AVX: no clone of the loops may give other bits, whatever the processor.
TEST(ScoreKernels, GiveTheBitsOfPlainLoopsOverTheSamples) {
  const at::Tensor z = signed_values(6, "z", {50, 40});
  const at::Tensor gradients = signed_values(6, "gradients", {50, 40});
  const auto a = z.accessor<float, 2>();
  const auto g = gradients.accessor<float, 2>();
  Row sum(40, 0);
  Row squared_sum(40, 0);
  for (std::int64_t sample = 0; sample < 50; ++sample) {
    for (std::int64_t unit = 0; unit < 40; ++unit) {
      const double sensitivity = static_cast<double>(a[sample][unit]) * static_cast<double>(g[sample][unit]);
      sum[static_cast<std::size_t>(unit)] += sensitivity;
      squared_sum[static_cast<std::size_t>(unit)] += sensitivity * sensitivity;
    }
  }
  const SensitivitySums sums = sensitivity_sums(z, gradients);
  EXPECT_EQ(to_row(sums.sum), sum);
  EXPECT_EQ(to_row(sums.squared_sum), squared_sum);
}

TEST(ScoreKernels, TakeGradientsThatAreAView) {
  const at::Tensor z = signed_values(5, "z", {6, 8});
  const at::Tensor view = signed_values(5, "gradients", {8, 6}).t();
  EXPECT_TRUE(bits_equal(sensitivity_sums(z, view).sum, sensitivity_sums(z, view.contiguous()).sum));
  EXPECT_TRUE(
      bits_equal(attribution_sum(z, z.slice(0, 0, 1), view), attribution_sum(z, z.slice(0, 0, 1), view.contiguous())));
}

}  // namespace
}  // namespace neusemslice
