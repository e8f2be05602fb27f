#pragma once

#include <ATen/ATen.h>

namespace neusemslice {

/// Whether a step over these values has a form of its own, as loops on the CPU or as CUDA kernels: for float32.
/// Everything else takes LibTorch's operators.
inline bool has_fused_form(const at::Tensor& values) {
  return (values.is_cpu() || values.is_cuda()) && values.scalar_type() == at::kFloat;
}

}  // namespace neusemslice
