#include "baselines/layer_similarity.hpp"

#include <algorithm>

#include <ATen/core/grad_mode.h>

#include "core/error.hpp"
#include "core/stop.hpp"
#include "data/batch_source.hpp"

namespace neusemslice {
namespace {

/// One Gram matrix a layer, made as soon as the layer is computed, so that its activations need not be kept.
at::Tensor gram_matrices(const Network& network, const std::vector<std::int64_t>& outputs, const at::Tensor& batch,
                         const LayerSimilarityOptions& options) {
  const auto layers = static_cast<std::int64_t>(outputs.size());
  at::Tensor grams = at::empty({layers, batch.size(0), batch.size(0)}, batch.options().dtype(at::kDouble));
  forward(network, batch, {}, outputs, [&](std::int64_t node, const at::Tensor& value) {
    const std::int64_t layer = std::ranges::find(outputs, node) - outputs.begin();
    grams[layer].copy_(gram_matrix(options.unit_rows ? with_unit_rows(value) : value, options.variant));
  });
  return grams;
}

}  // namespace

LayerSimilarity layer_similarity(const Network& network, Granularity granularity, const LabelledImages& images,
                                 const Normalisation& normalisation, const at::Tensor& positions,
                                 const LayerSimilarityOptions& options) {
  const std::int64_t needed = fewest_examples(options.variant);
  require_input(std::min(positions.numel(), options.batch_size) >= needed,
                "{} CKA needs batches of at least {} images, but there are {} in batches of {}",
                variant_name(options.variant), needed, positions.numel(), options.batch_size);
  at::NoGradGuard no_grad;
  std::vector<ComparedLayer> layers = compared_layers(network.architecture, granularity);
  std::vector<std::int64_t> outputs;
  for (const ComparedLayer& layer : layers) outputs.push_back(layer.output);
  CkaSums sums(static_cast<std::int64_t>(layers.size()));
  BatchSource batches(images, normalisation, network.device(), positions, options.batch_size);
  while (!batches.done()) {
    throw_if_stopped();
    const at::Tensor batch = batches.next().images;
    if (batch.size(0) >= needed) sums.add(gram_matrices(network, outputs, batch, options));
  }
  return {std::move(layers), sums.value()};
}

}  // namespace neusemslice
