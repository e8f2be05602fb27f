// The CUDA kernels against the CPU's loops: the same terms in the same order, so the same bits.
#include <gmock/gmock.h>

#include "contribution/pool_kernels.hpp"
#include "core/error.hpp"
#include "support/gpu.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

class PoolKernelsOnAGpu : public OnAGpu {};

TEST_F(PoolKernelsOnAGpu, AgreeWithTheCpuInEveryBit) {
  for (const MaxPooling& pooling : std::vector<MaxPooling>{{2, 2, 0}, {3, 2, 1}, {3, 1, 1}, {5, 1, 2}, {2, 3, 0}}) {
    SCOPED_TRACE(fmt::format("kernel {}, stride {}", pooling.kernel, pooling.stride));
    const at::Tensor values = random_tensor(8, "values", {70, 13, 17, 15}, -1, 1).relu();
    const at::Tensor reference = random_tensor(8, "reference", {1, 13, 17, 15}, -1, 1).relu();
    const at::Tensor pooled = at::max_pool2d(values, pooling.kernel, pooling.stride, pooling.padding);
    const at::Tensor gradients = random_tensor(8, "gradients", pooled.sizes(), -1, 1);
    EXPECT_TRUE(bits_equal(max_pool_backward(values.to(gpu_), gradients.to(gpu_), pooling).cpu(),
                           max_pool_backward(values, gradients, pooling)));
    EXPECT_TRUE(bits_equal(max_pool_rescale(values.to(gpu_), reference.to(gpu_), gradients.to(gpu_), pooling).cpu(),
                           max_pool_rescale(values, reference, gradients, pooling)));
  }
}

TEST_F(PoolKernelsOnAGpu, OfAnEmptyBatchDoNothing) {
  const at::Tensor none = at::zeros({0, 3, 4, 4}, gpu_);
  EXPECT_EQ(max_pool_backward(none, at::zeros({0, 3, 2, 2}, gpu_), {2, 2, 0}).numel(), 0);
}

}  // namespace
}  // namespace neusemslice
