#pragma once

#include <ATen/ATen.h>

#include "similarity/scan_kernel_bodies.hpp"

namespace neusemslice {

// What scan_kernels.cpp asks of the CPU and of a GPU, with checked float32 tensors. Results are float64 zeros before.

namespace loops {

void column_dots(const ColumnDot& body, std::int64_t rows, at::Tensor& dots);
void growth_inside(const at::Tensor& inner, std::int64_t positions, at::Tensor& growth);
void pair_squares(const at::Tensor& inner, std::int64_t positions, at::Tensor& squares_of_pairs);

}  // namespace loops

#ifdef NEUSEMSLICE_HAS_CUDA
namespace cuda {

void column_dots(const ColumnDot& body, std::int64_t rows, at::Tensor& dots);
void growth_inside(const at::Tensor& inner, std::int64_t positions, at::Tensor& growth);

}  // namespace cuda
#else
namespace cuda = loops;  // never reached: a build for CPU has no tensor on a GPU
#endif

}  // namespace neusemslice
