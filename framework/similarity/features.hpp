#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ATen/ATen.h>

#include "config/suite.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"
#include "models/units.hpp"

namespace neusemslice {

/// The taps' values for the samples at `positions`, by layer: (samples, units, positions) float32 on the network's
/// device; one position with `similarity.features: mean`. One forward pass.
std::map<std::string, at::Tensor> layer_features(const Network& network, const UnitGraph& units,
                                                 const LabelledImages& images, const Normalisation& normalisation,
                                                 const at::Tensor& positions, const SimilarityConfig& config);

}  // namespace neusemslice
