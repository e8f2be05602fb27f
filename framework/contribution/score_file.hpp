#pragma once

#include "contribution/scorer.hpp"
#include "models/safetensors.hpp"

namespace neusemslice {

/// `<layer>/<metric>` (categories, units) and `<layer>/<metric>/global` (units), as `type` (float32 for people, float64
/// where the order of near-equal scores must survive).
TensorMap score_tensors(const Scores& scores, at::ScalarType type);

/// Reads them back, as float64.
Scores scores_of(const TensorMap& tensors);

}  // namespace neusemslice
