// The scorer's steps by LibTorch's operators: any device.
#include "contribution/score_kernels.hpp"

namespace neusemslice::aten {
namespace {

constexpr double kSmallDifference = 1e-10;

at::Tensor exact_positions(const at::Tensor& values) {
  return values.flatten(2 < values.dim() ? 2 : 1).to(at::kDouble);
}

/// (samples, units, positions...) to (samples, units) float64.
at::Tensor mean_positions(const at::Tensor& values) {
  return values.dim() == 2 ? values.to(at::kDouble) : exact_positions(values).mean(2);
}
at::Tensor sum_positions(const at::Tensor& values) {
  return values.dim() == 2 ? values : exact_positions(values).sum(2);
}

}  // namespace

BatchMoments batch_moments(const at::Tensor& values) {
  const at::Tensor means = mean_positions(values);
  const at::Tensor mean = means.mean(0);
  return {mean, (means - mean).square_().sum(0)};
}

at::Tensor attribution_sum(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers) {
  const at::Tensor differences = values.to(at::kDouble) - reference.to(at::kDouble);
  return sum_positions(differences.mul_(multipliers)).sum(0);
}

SensitivitySums sensitivity_sums(const at::Tensor& z, const at::Tensor& gradients) {
  const at::Tensor sensitivities = sum_positions(z.to(at::kDouble).mul_(gradients));
  return {sensitivities.sum(0), sensitivities.square().sum(0)};
}

void relu_backward(const at::Tensor& z, at::Tensor gradients) {
  gradients.mul_(z > 0);
}

void rescale_backward(const at::Tensor& z, const at::Tensor& reference_z, at::Tensor multipliers) {
  const at::Tensor difference = z - reference_z;
  const at::Tensor rescale = (z.relu() - reference_z.relu()).div_(difference);
  multipliers.mul_(at::where(difference.abs() < kSmallDifference, (z > 0).to(z.scalar_type()), rescale));
}

}  // namespace neusemslice::aten
