#pragma once

#include <cstdint>

namespace neusemslice {

/// Features of a layer for some samples: (samples, units, positions) float32.
struct FeatureShape {
  std::int64_t samples = 0;
  std::int64_t units = 0;
  std::int64_t positions = 0;

  [[nodiscard]] std::int64_t bytes() const {
    return samples * units * positions * static_cast<std::int64_t>(sizeof(float));
  }
  bool operator==(const FeatureShape&) const = default;
};

}  // namespace neusemslice
