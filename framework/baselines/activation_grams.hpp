#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "baselines/cka.hpp"
#include "baselines/compared_layers.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"

namespace neusemslice {

/// The centred Gram matrices of layers' outputs, all images being one batch, in evaluation mode: (layers, images,
/// images) float64 on the network's device. `images` are uint8. At most `bytes` of values are held at a time (of one
/// channel at least), beside what `forward` holds for the images that `evaluate` takes at a time: layers and channels
/// that do not fit are computed by further forward passes.
at::Tensor activation_grams(const Network& network, const std::vector<ComparedLayer>& layers,
                            const Normalisation& normalisation, const at::Tensor& images, CkaVariant variant,
                            std::int64_t bytes = 1'000'000'000);

}  // namespace neusemslice
