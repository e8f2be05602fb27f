// The CUDA kernels against the CPU's loops. A term has the same bits on both sides; only the order of the sums differs,
// so sums of float64 agree to 1e-12 of the largest, and what is not summed agrees in every bit.
#include <gmock/gmock.h>

#include "contribution/score_kernels.hpp"
#include "support/gpu.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

constexpr double kOrderOfSums = 1e-12;

/// One position, few and many; fewer and more units than a block; samples for one part and for several.
const std::vector<std::vector<std::int64_t>> kShapes = {{1, 1},         {7, 5},       {512, 512},   {300, 33},
                                                        {5, 3, 4},      {90, 70, 11}, {64, 40, 32}, {33, 9, 49},
                                                        {2000, 3, 100}, {6, 2, 3, 3}};

class ScoreKernelsOnAGpu : public OnAGpu {
 protected:
  struct Inputs {
    at::Tensor z;
    at::Tensor reference;
    at::Tensor gradients;

    [[nodiscard]] Inputs to(at::Device device) const {
      return {z.to(device), reference.to(device), gradients.to(device)};
    }
  };

  static Inputs inputs(std::vector<std::int64_t> shape) {
    const at::Tensor z = random_tensor(8, "z", shape, -1, 1);
    const at::Tensor gradients = random_tensor(8, "gradients", shape, -1, 1);
    shape[0] = 1;
    return {z, random_tensor(8, "reference", shape, -1, 1), gradients};
  }

  static void expect_sums(const at::Tensor& there, const at::Tensor& here) {
    EXPECT_TRUE(there.is_cuda());
    EXPECT_LE(relative_to_largest(there.cpu(), here), kOrderOfSums);
  }
};

TEST_F(ScoreKernelsOnAGpu, SumsAgreeWithTheCpu) {
  for (const auto& shape : kShapes) {
    SCOPED_TRACE(testing::PrintToString(shape));
    const Inputs here = inputs(shape);
    const Inputs there = here.to(gpu_);
    expect_sums(batch_moments(there.z).mean, batch_moments(here.z).mean);
    expect_sums(batch_moments(there.z).squared_deviations, batch_moments(here.z).squared_deviations);
    expect_sums(attribution_sum(there.z, there.reference, there.gradients),
                attribution_sum(here.z, here.reference, here.gradients));
    expect_sums(sensitivity_sums(there.z, there.gradients).sum, sensitivity_sums(here.z, here.gradients).sum);
    expect_sums(sensitivity_sums(there.z, there.gradients).squared_sum,
                sensitivity_sums(here.z, here.gradients).squared_sum);
  }
}

TEST_F(ScoreKernelsOnAGpu, BackwardStepsAgreeInEveryBit) {
  for (const auto& shape : kShapes) {
    SCOPED_TRACE(testing::PrintToString(shape));
    const Inputs here = inputs(shape);
    const Inputs there = here.to(gpu_);
    at::Tensor passed = here.gradients.clone();
    at::Tensor passed_there = there.gradients.clone();
    relu_backward(here.z, passed);
    relu_backward(there.z, passed_there);
    EXPECT_TRUE(bits_equal(passed_there.cpu(), passed));
    at::Tensor rescaled = here.gradients.clone();
    at::Tensor rescaled_there = there.gradients.clone();
    rescale_backward(here.z, here.reference, rescaled);
    rescale_backward(there.z, there.reference, rescaled_there);
    EXPECT_TRUE(bits_equal(rescaled_there.cpu(), rescaled));
  }
}

TEST_F(ScoreKernelsOnAGpu, GiveTheSameBitsEveryTime) {
  const Inputs there = inputs({2000, 70, 9}).to(gpu_);
  const SensitivitySums first = sensitivity_sums(there.z, there.gradients);
  for (int round = 0; round < 20; ++round) {
    EXPECT_TRUE(bits_equal(sensitivity_sums(there.z, there.gradients).squared_sum.cpu(), first.squared_sum.cpu()));
  }
}

TEST_F(ScoreKernelsOnAGpu, OfAnEmptyBatchAddNothing) {
  const at::Tensor none = at::zeros({0, 3}, gpu_);
  at::Tensor gradients = at::zeros({0, 3}, gpu_);
  relu_backward(none, gradients);
  rescale_backward(none, at::zeros({1, 3}, gpu_), gradients);
  EXPECT_EQ(sensitivity_sums(none, none).sum.abs().sum().item<double>(), 0);
}

}  // namespace
}  // namespace neusemslice
