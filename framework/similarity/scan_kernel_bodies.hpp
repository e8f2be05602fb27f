#pragma once

#include <cstdint>

#include "core/host_device.hpp"

namespace neusemslice {

// The scan's arithmetic between its products: what its loops on the CPU and its kernels on the GPU do alike.

/// a * b, entry by entry: as a body of a sum over samples (contribution/score_kernel_bodies.hpp), rows being samples
/// and columns units.
struct ColumnDot {
  static constexpr bool kSquares = false;
  const float* a;
  const float* b;
  std::int64_t a_stride;  ///< from row to row
  std::int64_t b_stride;

  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE double term(std::int64_t row, std::int64_t column) const {
    return static_cast<double>(a[row * a_stride + column]) * static_cast<double>(b[row * b_stride + column]);
  }
  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE double of_sample(double total, std::int64_t, std::int64_t) const {
    return total;
  }
};

/// <K_i, K_j> gains this from one dot product of a feature of i with one of j.
NEUSEMSLICE_HOST_DEVICE double squared(float product) {
  return static_cast<double>(product) * static_cast<double>(product);
}

/// What a row of dot products adds to |M_k|^2: those with earlier units count in <K_i, K_k> and in <K_k, K_i>.
NEUSEMSLICE_HOST_DEVICE double row_growth(double squares_before, double own_squares) {
  return 2 * squares_before + own_squares;
}

}  // namespace neusemslice
