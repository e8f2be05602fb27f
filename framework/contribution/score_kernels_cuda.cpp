// The scorer's steps on a GPU: tensors in, kernels started on LibTorch's current stream, nothing waited for.
#include "contribution/sample_sums_cuda.hpp"
#include "contribution/score_kernel_steps.hpp"
#include "contribution/score_kernels_launch.hpp"

namespace neusemslice::cuda {

void sum_over_samples(const Deviation& body, const UnitShape& shape, at::Tensor& sums) {
  launch_sums(body, shape, sums, "batch_moments");
}

void sum_over_samples(const Attribution& body, const UnitShape& shape, at::Tensor& sums) {
  launch_sums(body, shape, sums, "attribution_sum");
}

void sum_over_samples(const Sensitivity& body, const UnitShape& shape, at::Tensor& sums) {
  launch_sums(body, shape, sums, "sensitivity_sums");
}

void relu_backward(const at::Tensor& z, at::Tensor& gradients) {
  if (z.numel() == 0) return;
  const LaunchOn launch(z);
  require_launched(
      launch_relu_backward(z.const_data_ptr<float>(), gradients.mutable_data_ptr<float>(), z.numel(), launch.stream()),
      "relu_backward");
}

void rescale_backward(const at::Tensor& z, const at::Tensor& reference_z, at::Tensor& multipliers) {
  if (z.numel() == 0) return;
  const LaunchOn launch(z);
  require_launched(
      launch_rescale_backward(z.const_data_ptr<float>(), reference_z.const_data_ptr<float>(),
                              multipliers.mutable_data_ptr<float>(), z.size(0), reference_z.numel(), launch.stream()),
      "rescale_backward");
}

}  // namespace neusemslice::cuda
