#pragma once

#include <numeric>

#include "slicing/slice.hpp"

namespace neusemslice {

/// The first units of every layer: which ones they are is all the same to the time.
inline KeptUnits first_units(const UnitGraph& units, std::int64_t percent) {
  KeptUnits kept;
  for (const UnitLayer& layer : units.layers) {
    std::vector<std::int64_t>& indices = kept[layer.name];
    indices.resize(static_cast<std::size_t>(units_at_percent(layer.units, percent)));
    std::iota(indices.begin(), indices.end(), 0);
  }
  return kept;
}

}  // namespace neusemslice
