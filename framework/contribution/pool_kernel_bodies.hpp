#pragma once

#include <cmath>
#include <cstdint>

#include "core/host_device.hpp"

namespace neusemslice {

// Max pooling's arithmetic, window by window: what the loops on the CPU and the kernels on the GPU do alike, so that
// both give the same bits.

/// Square windows over a plane of one sample and channel. Padding belongs to no window.
struct PoolShape {
  std::int64_t height;
  std::int64_t width;
  std::int64_t out_height;
  std::int64_t out_width;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t padding;

  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE std::int64_t plane() const { return height * width; }
  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE std::int64_t windows() const { return out_height * out_width; }
};

/// Where a window begins and ends along one side of a plane, without its padding.
struct WindowSide {
  std::int64_t begin;
  std::int64_t end;
};

NEUSEMSLICE_HOST_DEVICE WindowSide window_side(std::int64_t window, std::int64_t extent, const PoolShape& shape) {
  const std::int64_t begin = window * shape.stride - shape.padding;
  const std::int64_t end = begin + shape.kernel;
  return {begin > 0 ? begin : 0, end < extent ? end : extent};
}

/// The largest value of a window; the first place, row by row, that holds it; and the first that is equal to it within
/// 1e-6 relative, which is DeepLIFT's arg max.
struct WindowMaximum {
  float value;
  std::int64_t exact;
  std::int64_t nearly;
};

NEUSEMSLICE_HOST_DEVICE WindowMaximum window_maximum(const float* plane, const PoolShape& shape, std::int64_t row,
                                                     std::int64_t column) {
  constexpr double kEqual = 1e-6;
  const WindowSide rows = window_side(row, shape.height, shape);
  const WindowSide columns = window_side(column, shape.width, shape);
  const std::int64_t first = rows.begin * shape.width + columns.begin;
  WindowMaximum maximum{plane[first], first, first};
  for (std::int64_t r = rows.begin; r < rows.end; ++r) {
    for (std::int64_t place = r * shape.width + columns.begin; place < r * shape.width + columns.end; ++place) {
      if (plane[place] > maximum.value) maximum = {plane[place], place, place};
    }
  }
  const double largest = static_cast<double>(maximum.value);
  const double least = largest - kEqual * std::fabs(largest);
  for (std::int64_t r = rows.begin; r < rows.end; ++r) {
    for (std::int64_t place = r * shape.width + columns.begin; place < r * shape.width + columns.end; ++place) {
      if (static_cast<double>(plane[place]) < least) continue;
      maximum.nearly = place;
      return maximum;
    }
  }
  return maximum;
}

/// What a window sends to one place of its plane.
struct WindowShare {
  std::int64_t place;
  float value;
};

/// DeepLIFT's share: the credit multiplier * (v - r) goes to the input's arg max when v > r and to the reference's when
/// v < r, over that place's own difference; the ordinary gradient where it does not differ. A place's multiplier is the
/// sum over its windows.
NEUSEMSLICE_HOST_DEVICE WindowShare rescaled_share(const float* values, const float* reference,
                                                   const WindowMaximum& maximum, const WindowMaximum& at_reference,
                                                   float multiplier) {
  constexpr float kSmallDifference = 1e-10F;
  const float rise = maximum.value - at_reference.value;
  const std::int64_t place = rise < 0 ? at_reference.nearly : maximum.nearly;
  const float difference = values[place] - reference[place];
  if (std::fabs(difference) < kSmallDifference) return {place, multiplier};
  return {place, multiplier * rise / difference};
}

}  // namespace neusemslice
