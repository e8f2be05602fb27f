#pragma once

#include <ATen/ATen.h>

namespace neusemslice {

/// Mean and summed squared deviation from it, for each unit of one batch: (units) float64.
struct BatchMoments {
  at::Tensor mean;
  at::Tensor squared_deviations;
};

/// Sums over a batch of each unit's sensitivity, and of its square: (units) float64.
struct SensitivitySums {
  at::Tensor sum;
  at::Tensor squared_sum;
};

// The steps of the scorer that LibTorch's operators would walk through memory for many times. Values are
// (samples, units, positions...), references one sample of the same shape. Every sum is float64. float32 takes one walk
// over the data each, on the CPU in loops (score_kernels_cpu.cpp, the definition: sums run over the samples in their
// order, so threads and vector width change no bit), on a GPU in kernels (score_kernels_cuda.cu: sums in an order that
// the shape decides); everything else LibTorch's operators (score_kernels_aten.cpp).

/// Moments of m(x), the mean over positions.
BatchMoments batch_moments(const at::Tensor& values);

/// Sum over samples and positions of (value - reference) * multiplier: DeepLIFT's attributions.
at::Tensor attribution_sum(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers);

/// A sample's sensitivity is the sum over positions of z * dL/dz.
SensitivitySums sensitivity_sums(const at::Tensor& z, const at::Tensor& gradients);

/// Multiplies, in place, `gradients` at a ReLU's output by its ordinary derivative at z.
void relu_backward(const at::Tensor& z, at::Tensor gradients);

/// Multiplies, in place, DeepLIFT multipliers at a ReLU's output by the rescale rule's: (a - a0) / (z - z0), and the
/// ordinary derivative where |z - z0| < 1e-10.
void rescale_backward(const at::Tensor& z, const at::Tensor& reference_z, at::Tensor multipliers);

/// The same by LibTorch's operators, for any device and type.
namespace aten {

BatchMoments batch_moments(const at::Tensor& values);
at::Tensor attribution_sum(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers);
SensitivitySums sensitivity_sums(const at::Tensor& z, const at::Tensor& gradients);
void relu_backward(const at::Tensor& z, at::Tensor gradients);
void rescale_backward(const at::Tensor& z, const at::Tensor& reference_z, at::Tensor multipliers);

}  // namespace aten
}  // namespace neusemslice
