#include "similarity/features.hpp"

#include <ATen/core/grad_mode.h>

#include "core/stop.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kBatch = 256;

at::Tensor as_features(const at::Tensor& tap, const SimilarityConfig& config) {
  const at::Tensor features = tap.dim() == 2 ? tap.unsqueeze(2) : tap.flatten(2);
  if (config.features == "mean" && features.size(2) > 1) return features.mean(2, true, at::kDouble).to(at::kFloat);
  return features;
}

}  // namespace

std::map<std::string, at::Tensor> layer_features(const Network& network, const UnitGraph& units,
                                                 const LabelledImages& images, const Normalisation& normalisation,
                                                 const at::Tensor& positions, const SimilarityConfig& config) {
  at::NoGradGuard no_grad;
  std::map<std::string, std::vector<at::Tensor>> parts;
  for (const at::Tensor& chosen : positions.split(kBatch)) {
    throw_if_stopped();
    const std::vector<at::Tensor> values =
        forward_all(network, gather_images(images.images, chosen, normalisation, network.device()));
    for (const UnitLayer& layer : units.layers) {
      parts[layer.name].push_back(as_features(values[static_cast<std::size_t>(layer.tap)], config));
    }
  }
  std::map<std::string, at::Tensor> features;
  for (const auto& [name, pieces] : parts) features.emplace(name, at::cat(pieces));
  return features;
}

}  // namespace neusemslice
