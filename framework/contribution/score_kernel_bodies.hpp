#pragma once

#include <cmath>
#include <cstdint>

#include "core/host_device.hpp"

namespace neusemslice {

// The scorer's arithmetic, element by element: what its loops on the CPU and its kernels on the GPU do alike. Neither
// side may fuse a multiplication with an addition, so a term has the same bits on both.

/// Values of a batch: (samples, units, positions), contiguous.
struct UnitShape {
  std::int64_t samples;
  std::int64_t units;
  std::int64_t positions;

  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE std::int64_t width() const { return units * positions; }
};

// A body of a sum over samples. `term` is what the value at `place` (unit * positions + position) of a sample adds;
// `of_sample` turns the sum of a unit's terms into what is summed over the samples, and also squared where kSquares.

/// m(x) - shift, m the mean over positions.
struct Deviation {
  static constexpr bool kSquares = true;
  const float* values;
  const double* shift;  ///< (units)
  std::int64_t width;

  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE double term(std::int64_t sample, std::int64_t place) const {
    return static_cast<double>(values[sample * width + place]);
  }
  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE double of_sample(double total, std::int64_t unit,
                                                         std::int64_t positions) const {
    return total / static_cast<double>(positions) - shift[unit];
  }
};

/// (value - reference) * multiplier over all positions.
struct Attribution {
  static constexpr bool kSquares = false;
  const float* values;
  const float* reference;  ///< one sample
  const float* multipliers;
  std::int64_t width;

  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE double term(std::int64_t sample, std::int64_t place) const {
    const std::int64_t i = sample * width + place;
    return (static_cast<double>(values[i]) - static_cast<double>(reference[place])) *
           static_cast<double>(multipliers[i]);
  }
  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE double of_sample(double total, std::int64_t, std::int64_t) const {
    return total;
  }
};

/// z * dL/dz over all positions.
struct Sensitivity {
  static constexpr bool kSquares = true;
  const float* z;
  const float* gradients;
  std::int64_t width;

  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE double term(std::int64_t sample, std::int64_t place) const {
    const std::int64_t i = sample * width + place;
    return static_cast<double>(z[i]) * static_cast<double>(gradients[i]);
  }
  [[nodiscard]] NEUSEMSLICE_HOST_DEVICE double of_sample(double total, std::int64_t, std::int64_t) const {
    return total;
  }
};

/// A gradient at a ReLU's output as it arrives at the input z.
NEUSEMSLICE_HOST_DEVICE float relu_gradient(float z, float gradient) {
  return z > 0 ? gradient : 0.0F;
}

/// A DeepLIFT multiplier at a ReLU's output as it arrives at the input z, by the rescale rule.
NEUSEMSLICE_HOST_DEVICE float rescaled_multiplier(float z, float reference, float multiplier) {
  constexpr float kSmallDifference = 1e-10F;
  const float difference = z - reference;
  const float rise = (z > 0 ? z : 0.0F) - (reference > 0 ? reference : 0.0F);
  const bool small = std::fabs(difference) < kSmallDifference;
  const float slope = rise / (small ? 1.0F : difference);  // always divided: a branch would not vectorise
  return multiplier * (small ? (z > 0 ? 1.0F : 0.0F) : slope);
}

}  // namespace neusemslice
