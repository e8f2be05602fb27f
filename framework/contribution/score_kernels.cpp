// The scorer's steps: what they are given is checked here, once for the CPU and the GPU.
#include "contribution/score_kernels.hpp"

#include "contribution/fused.hpp"
#include "contribution/score_kernel_steps.hpp"
#include "core/error.hpp"

namespace neusemslice {
namespace {

UnitShape shape_of(const at::Tensor& values) {
  require(values.dim() >= 2 && values.is_contiguous(),
          "unit values must be contiguous, of shape (samples, units, ...)");
  return {values.size(0), values.size(1), c10::multiply_integers(values.sizes().slice(2))};
}

/// A kernel cannot see what it was not meant to read.
void require_beside(const at::Tensor& values, const at::Tensor& other, std::int64_t entries) {
  require(other.is_contiguous() && other.device() == values.device() && other.numel() == entries,
          "{} contiguous entries were needed on {}, {} on {} were given", entries, values.device().str(), other.numel(),
          other.device().str());
}

template <typename Body>
at::Tensor sample_sums(const Body& body, const UnitShape& shape, at::Device device) {
  at::Tensor sums = at::zeros({Body::kSquares ? 2 : 1, shape.units}, at::TensorOptions(at::kDouble).device(device));
  if (device.is_cuda())
    cuda::sum_over_samples(body, shape, sums);
  else
    loops::sum_over_samples(body, shape, sums);
  return sums;
}

/// m(x) of the first sample: a shift that keeps squares from cancelling.
at::Tensor first_means(const at::Tensor& values, const UnitShape& shape) {
  return values.select(0, 0).reshape({shape.units, shape.positions}).mean(1, false, at::kDouble);
}

}  // namespace

BatchMoments batch_moments(const at::Tensor& values) {
  if (!has_fused_form(values)) return aten::batch_moments(values);
  const UnitShape shape = shape_of(values);
  const at::Tensor shift = first_means(values, shape);
  const Deviation body{values.const_data_ptr<float>(), shift.const_data_ptr<double>(), shape.width()};
  const at::Tensor sums = sample_sums(body, shape, values.device());
  const auto count = static_cast<double>(shape.samples);
  return {shift + sums[0] / count, (sums[1] - sums[0].square() / count).clamp_min_(0)};
}

at::Tensor attribution_sum(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers) {
  if (!has_fused_form(values)) return aten::attribution_sum(values, reference, multipliers);
  const UnitShape shape = shape_of(values);
  const at::Tensor factors = multipliers.contiguous();
  require_beside(values, reference, shape.width());
  require_beside(values, factors, values.numel());
  const Attribution body{values.const_data_ptr<float>(), reference.const_data_ptr<float>(),
                         factors.const_data_ptr<float>(), shape.width()};
  return sample_sums(body, shape, values.device())[0];
}

SensitivitySums sensitivity_sums(const at::Tensor& z, const at::Tensor& gradients) {
  if (!has_fused_form(z)) return aten::sensitivity_sums(z, gradients);
  const UnitShape shape = shape_of(z);
  const at::Tensor factors = gradients.contiguous();
  require_beside(z, factors, z.numel());
  const Sensitivity body{z.const_data_ptr<float>(), factors.const_data_ptr<float>(), shape.width()};
  const at::Tensor sums = sample_sums(body, shape, z.device());
  return {sums[0], sums[1]};
}

void relu_backward(const at::Tensor& z, at::Tensor gradients) {
  if (!has_fused_form(z)) return aten::relu_backward(z, gradients);
  require(z.is_contiguous(), "a ReLU's inputs must be contiguous");
  require_beside(z, gradients, z.numel());
  z.is_cuda() ? cuda::relu_backward(z, gradients) : loops::relu_backward(z, gradients);
}

void rescale_backward(const at::Tensor& z, const at::Tensor& reference_z, at::Tensor multipliers) {
  if (!has_fused_form(z)) return aten::rescale_backward(z, reference_z, multipliers);
  const UnitShape shape = shape_of(z);
  require_beside(z, reference_z, shape.width());
  require_beside(z, multipliers, z.numel());
  z.is_cuda() ? cuda::rescale_backward(z, reference_z, multipliers)
              : loops::rescale_backward(z, reference_z, multipliers);
}

}  // namespace neusemslice
