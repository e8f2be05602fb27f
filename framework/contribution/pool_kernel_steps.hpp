#pragma once

#include <ATen/ATen.h>

#include "contribution/pool_kernel_bodies.hpp"

namespace neusemslice {

// What pool_kernels.cpp asks of the CPU and of a GPU, with checked, contiguous float32 tensors. `result`, zero before,
// has the shape of `values`.

namespace loops {

void max_pool_backward(const PoolShape& shape, const at::Tensor& values, const at::Tensor& gradients,
                       at::Tensor& result);
void max_pool_rescale(const PoolShape& shape, const at::Tensor& values, const at::Tensor& reference,
                      const at::Tensor& multipliers, at::Tensor& result);

}  // namespace loops

#ifdef NEUSEMSLICE_HAS_CUDA
namespace cuda {

void max_pool_backward(const PoolShape& shape, const at::Tensor& values, const at::Tensor& gradients,
                       at::Tensor& result);
void max_pool_rescale(const PoolShape& shape, const at::Tensor& values, const at::Tensor& reference,
                      const at::Tensor& multipliers, at::Tensor& result);

}  // namespace cuda
#else
namespace cuda = loops;  // never reached: a build for CPU has no tensor on a GPU
#endif

}  // namespace neusemslice
