#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "config/suite.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"
#include "similarity/feature_shape.hpp"

namespace neusemslice {

/// Units [begin, end) of the tap at a node.
struct TapSlice {
  std::int64_t tap = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The shape of a whole tap's features; one position with `similarity.features: mean`.
FeatureShape feature_shape(const Architecture& architecture, std::int64_t tap, std::int64_t samples,
                           const SimilarityConfig& config);

/// For each slice its values for the samples at `positions`, (samples, end - begin, positions) float32 on the network's
/// device. One forward pass, up to the highest tap; nothing else is held.
std::vector<at::Tensor> tap_features(const Network& network, const LabelledImages& images,
                                     const Normalisation& normalisation, const at::Tensor& positions,
                                     const SimilarityConfig& config, const std::vector<TapSlice>& slices);

}  // namespace neusemslice
