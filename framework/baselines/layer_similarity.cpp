#include "baselines/layer_similarity.hpp"

#include <algorithm>

#include "baselines/activation_grams.hpp"
#include "core/error.hpp"

namespace neusemslice {
LayerSimilarity layer_similarity(const Network& network, Granularity granularity, const LabelledImages& images,
                                 const Normalisation& normalisation, const at::Tensor& positions,
                                 const LayerSimilarityOptions& options) {
  const std::int64_t needed = fewest_examples(options.variant);
  require_input(std::min(positions.numel(), options.batch_size) >= needed,
                "{} CKA needs batches of at least {} images, but there are {} in batches of {}",
                variant_name(options.variant), needed, positions.numel(), options.batch_size);
  std::vector<ComparedLayer> layers = compared_layers(network.architecture, granularity);
  CkaSums sums(static_cast<std::int64_t>(layers.size()));
  for (const at::Tensor& batch : positions.split(options.batch_size)) {
    if (batch.numel() < needed) continue;
    const at::Tensor chosen = images.images.index_select(0, batch);
    sums.add(activation_grams(network, layers, normalisation, chosen, options.variant));
  }
  return {std::move(layers), sums.value()};
}

}  // namespace neusemslice
