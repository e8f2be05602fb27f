#pragma once

#include "models/safetensors.hpp"
#include "similarity/curves.hpp"

namespace neusemslice {

/// `<layer>/<metric>` (categories, units + 1), as `type`.
TensorMap curve_tensors(const SimilarityCurves& curves, at::ScalarType type);

/// Reads them back, as float64.
SimilarityCurves curves_of(const TensorMap& tensors);

}  // namespace neusemslice
