#pragma once

#include <cstdint>

#include <ATen/ATen.h>

namespace neusemslice {

/// Square windows, which may overlap; padding belongs to none.
struct MaxPooling {
  std::int64_t kernel = 0;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
};

// The way down through a max pooling: from gradients at its output, (samples, channels, rows, columns), to those at its
// input, of the shape of `values`. float32 takes loops on the CPU (pool_kernels_cpu.cpp, the definition) and kernels on
// a GPU (pool_kernels_cuda.cu, the same bits), everything else LibTorch's operators (pool_kernels_aten.cpp). Nothing
// depends on the number of threads.

/// Ordinary gradients: each window's goes to its largest value, the first of equal ones.
at::Tensor max_pool_backward(const at::Tensor& values, const at::Tensor& gradients, const MaxPooling& pooling);

/// DeepLIFT's multipliers by the rule of method.md section 2. `reference` is one sample of the values' shape.
at::Tensor max_pool_rescale(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers,
                            const MaxPooling& pooling);

/// The same by LibTorch's operators, for any device and type.
namespace aten {

at::Tensor max_pool_backward(const at::Tensor& values, const at::Tensor& gradients, const MaxPooling& pooling);
at::Tensor max_pool_rescale(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers,
                            const MaxPooling& pooling);

}  // namespace aten
}  // namespace neusemslice
