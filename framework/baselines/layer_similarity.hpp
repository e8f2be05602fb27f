#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "baselines/cka.hpp"
#include "baselines/compared_layers.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"

namespace neusemslice {

struct LayerSimilarityOptions {
  CkaVariant variant = CkaVariant::debiased;
  std::int64_t batch_size = 256;  ///< examples in a Gram matrix
};

/// How much every layer resembles every other, in [0, 1] but for the noise of a debiased estimate below 0.
struct LayerSimilarity {
  std::vector<ComparedLayer> layers;
  at::Tensor matrix;  ///< (layers, layers) float64 on the host: symmetric, ones on the diagonal
};

/// CKA between the layers of a network on the images at `positions` (int64, on the host), in batches in the order
/// given: shuffle it, for in a batch of one category layers are compared within that category alone. A last batch of
/// fewer examples than the variant needs is left out; throws InputError when no batch has them.
///
/// In memory at a time: layers * batch_size^2 float64, and activations as in activation_grams.hpp. Within 1e-5 of the
/// same in float64.
LayerSimilarity layer_similarity(const Network& network, Granularity granularity, const LabelledImages& images,
                                 const Normalisation& normalisation, const at::Tensor& positions,
                                 const LayerSimilarityOptions& options = {});

}  // namespace neusemslice
