// The way down through a max pooling on a GPU: tensors in, kernels started on LibTorch's current stream, nothing waited
// for.
#include "contribution/pool_kernel_steps.hpp"
#include "contribution/pool_kernels_launch.hpp"
#include "contribution/sample_sums_cuda.hpp"

namespace neusemslice::cuda {

void max_pool_backward(const PoolShape& shape, const at::Tensor& values, const at::Tensor& gradients,
                       at::Tensor& result) {
  if (values.numel() == 0) return;
  const LaunchOn launch(values);
  require_launched(
      launch_max_pool_backward(shape, values.size(0) * values.size(1), values.const_data_ptr<float>(),
                               gradients.const_data_ptr<float>(), result.mutable_data_ptr<float>(), launch.stream()),
      "max_pool_backward");
}

void max_pool_rescale(const PoolShape& shape, const at::Tensor& values, const at::Tensor& reference,
                      const at::Tensor& multipliers, at::Tensor& result) {
  if (values.numel() == 0) return;
  const LaunchOn launch(values);
  require_launched(
      launch_max_pool_rescale(shape, values.size(0) * values.size(1), values.size(1), values.const_data_ptr<float>(),
                              reference.const_data_ptr<float>(), multipliers.const_data_ptr<float>(),
                              result.mutable_data_ptr<float>(), launch.stream()),
      "max_pool_rescale");
}

}  // namespace neusemslice::cuda
