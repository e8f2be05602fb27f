#include "similarity/features.hpp"

#include <ATen/core/grad_mode.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/stop.hpp"
#include "data/batch_source.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kBatch = 256;

at::Tensor as_features(const at::Tensor& tap, const SimilarityConfig& config) {
  const at::Tensor features = tap.dim() == 2 ? tap.unsqueeze(2) : tap.flatten(2);
  if (config.features == "mean" && features.size(2) > 1) return features.mean(2, true, at::kDouble).to(at::kFloat);
  return features;
}

/// The features of every layer, twice while their pieces are joined, must fit the budget: known after the first batch.
void require_room(const std::vector<at::Tensor>& values, const UnitGraph& units, std::int64_t samples,
                  const SimilarityConfig& config) {
  std::int64_t of_one_sample = 0;
  for (const UnitLayer& layer : units.layers) {
    const at::Tensor features = as_features(values[static_cast<std::size_t>(layer.tap)].slice(0, 0, 1), config);
    of_one_sample += static_cast<std::int64_t>(features.nbytes());
  }
  const std::int64_t needed = 2 * samples * of_one_sample;
  require_input(needed <= config.memory_mb * 1'000'000,
                "the features of {} samples of a category need {}: raise similarity.memory_mb ({}), or lower "
                "similarity.samples_per_category",
                samples, human_bytes(needed), config.memory_mb);
}

}  // namespace

std::map<std::string, at::Tensor> layer_features(const Network& network, const UnitGraph& units,
                                                 const LabelledImages& images, const Normalisation& normalisation,
                                                 const at::Tensor& positions, const SimilarityConfig& config) {
  at::NoGradGuard no_grad;
  std::map<std::string, std::vector<at::Tensor>> parts;
  BatchSource batches(images, normalisation, network.device(), positions, kBatch);
  while (!batches.done()) {
    throw_if_stopped();
    const std::vector<at::Tensor> values = forward_all(network, batches.next().images);
    if (parts.empty()) require_room(values, units, positions.numel(), config);
    for (const UnitLayer& layer : units.layers) {
      parts[layer.name].push_back(as_features(values[static_cast<std::size_t>(layer.tap)], config));
    }
  }
  std::map<std::string, at::Tensor> features;
  for (const auto& [name, pieces] : parts) features.emplace(name, at::cat(pieces));
  return features;
}

}  // namespace neusemslice
