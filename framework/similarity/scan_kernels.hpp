#pragma once

#include <cstdint>

#include <ATen/ATen.h>

namespace neusemslice {

// The scan's steps between its matrix products; sums are float64. float32 takes plain loops on the CPU
// (scan_kernels_cpu.cpp, the definition) and kernels on a GPU (scan_kernels_cuda.cu), everything else LibTorch's
// operators (scan_kernels_aten.cpp).

/// Dot product of each column of `a` with the same column of `b`: (rows, columns) to (columns) float64.
at::Tensor column_dots(const at::Tensor& a, const at::Tensor& b);

/// What |M_k|^2 grows by inside a block of units: `inner` holds the dot products of all the block's features, (units *
/// positions) squared, and <K_i, K_j> is the sum of the squares of those of units i and j. Entry k is
/// 2 * sum over i < k of <K_i, K_k> + |K_k|^2: (units) float64.
at::Tensor growth_inside(const at::Tensor& inner, std::int64_t positions);

/// <K_i, K_j> of some units with others: `inner` holds the dot products of their features, (units * positions) rows by
/// (other units * positions) columns; entry (i, j) is the sum of the squares of those of i and j. float64. A GPU takes
/// LibTorch's operators.
at::Tensor pair_squares(const at::Tensor& inner, std::int64_t positions);

/// The same by LibTorch's operators, for any device and type.
namespace aten {

at::Tensor column_dots(const at::Tensor& a, const at::Tensor& b);
at::Tensor pair_squares(const at::Tensor& inner, std::int64_t positions);
at::Tensor growth_inside(const at::Tensor& inner, std::int64_t positions);

}  // namespace aten
}  // namespace neusemslice
