#pragma once

#include <ATen/ATen.h>

#include "contribution/score_kernel_bodies.hpp"

namespace neusemslice {

// What score_kernels.cpp asks of the CPU and of a GPU, with checked float32 tensors whose pointers the bodies hold.
// `sums`, zero before, is (2, units) float64 for a body with kSquares and (1, units) otherwise.

namespace loops {

void sum_over_samples(const Deviation& body, const UnitShape& shape, at::Tensor& sums);
void sum_over_samples(const Attribution& body, const UnitShape& shape, at::Tensor& sums);
void sum_over_samples(const Sensitivity& body, const UnitShape& shape, at::Tensor& sums);
void relu_backward(const at::Tensor& z, at::Tensor& gradients);
void rescale_backward(const at::Tensor& z, const at::Tensor& reference_z, at::Tensor& multipliers);

}  // namespace loops

#ifdef NEUSEMSLICE_HAS_CUDA
namespace cuda {

void sum_over_samples(const Deviation& body, const UnitShape& shape, at::Tensor& sums);
void sum_over_samples(const Attribution& body, const UnitShape& shape, at::Tensor& sums);
void sum_over_samples(const Sensitivity& body, const UnitShape& shape, at::Tensor& sums);
void relu_backward(const at::Tensor& z, at::Tensor& gradients);
void rescale_backward(const at::Tensor& z, const at::Tensor& reference_z, at::Tensor& multipliers);

}  // namespace cuda
#else
namespace cuda = loops;  // never reached: a build for CPU has no tensor on a GPU
#endif

}  // namespace neusemslice
