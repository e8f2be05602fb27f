#include "similarity/features.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include <ATen/core/grad_mode.h>

#include "contribution/batch_size.hpp"
#include "core/error.hpp"
#include "core/stop.hpp"
#include "data/batch_source.hpp"

namespace neusemslice {
namespace {

at::Tensor as_features(const at::Tensor& tap, const SimilarityConfig& config) {
  const at::Tensor features = tap.dim() == 2 ? tap.unsqueeze(2) : tap.flatten(2);
  if (config.features == "mean" && features.size(2) > 1) return features.mean(2, true, at::kDouble);
  return features;
}

/// The part of a network below `top`, whose value is its output.
Network up_to(const Network& network, std::int64_t top) {
  Network part = network;
  part.architecture.nodes.resize(static_cast<std::size_t>(top) + 1);
  return part;
}

std::vector<std::int64_t> taps_of(const std::vector<TapSlice>& slices) {
  std::vector<std::int64_t> taps;
  for (const TapSlice& slice : slices) taps.push_back(slice.tap);
  return taps;
}

}  // namespace

FeatureShape feature_shape(const Architecture& architecture, std::int64_t tap, std::int64_t samples,
                           const SimilarityConfig& config) {
  const std::vector<std::int64_t> shape = node_shapes(architecture)[static_cast<std::size_t>(tap)];
  const std::int64_t positions = std::accumulate(shape.begin() + 1, shape.end(), std::int64_t{1}, std::multiplies<>());
  return {samples, shape[0], config.features == "mean" ? 1 : positions};
}

std::vector<at::Tensor> tap_features(const Network& network, const LabelledImages& images,
                                     const Normalisation& normalisation, const at::Tensor& positions,
                                     const SimilarityConfig& config, const std::vector<TapSlice>& slices) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> features;
  for (const TapSlice& slice : slices) {
    const FeatureShape shape = feature_shape(network.architecture, slice.tap, positions.numel(), config);
    require(0 <= slice.begin && slice.begin <= slice.end && slice.end <= shape.units, "units [{}, {}) of {}",
            slice.begin, slice.end, shape.units);
    features.push_back(at::empty({shape.samples, slice.end - slice.begin, shape.positions},
                                 at::TensorOptions(at::kFloat).device(network.device())));
  }
  if (positions.numel() == 0 || slices.empty()) return features;
  const std::vector<std::int64_t> taps = taps_of(slices);
  const Network part = up_to(network, std::ranges::max(taps));
  std::int64_t sample = 0;
  const auto store = [&](std::int64_t node, const at::Tensor& value) {
    for (std::size_t i = 0; i < slices.size(); ++i) {
      if (slices[i].tap != node) continue;
      const at::Tensor units = value.slice(1, slices[i].begin, slices[i].end);
      features[i].slice(0, sample, sample + value.size(0)).copy_(as_features(units, config));
    }
  };
  BatchSource batches(images, normalisation, network.device(), positions, forward_batch_size(network.architecture));
  while (!batches.done()) {
    throw_if_stopped();
    const at::Tensor batch = batches.next().images;
    forward(part, batch, {}, taps, store);
    sample += batch.size(0);
  }
  return features;
}

}  // namespace neusemslice
