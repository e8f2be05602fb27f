#include "baselines/critical_layers.hpp"

#include <algorithm>
#include <numeric>

#include <ATen/core/grad_mode.h>

#include "baselines/cka.hpp"
#include "core/error.hpp"
#include "core/stop.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

/// A node's value for all images, flattened: (images, values).
at::Tensor activations(const Network& network, std::int64_t node, const Normalisation& normalisation,
                       const at::Tensor& images) {
  const Normaliser normaliser(normalisation, network.device());
  std::vector<at::Tensor> values;
  for (const at::Tensor& batch : images.split(evaluation_batch(network.architecture))) {
    forward(network, normaliser(batch.to(network.device())), {}, {node},
            [&](std::int64_t, const at::Tensor& value) { values.push_back(value.flatten(1)); });
  }
  return at::cat(values);
}

}  // namespace

std::vector<double> similarity_losses(const std::vector<std::vector<double>>& similarities) {
  require(!similarities.empty(), "similarity losses under no attack");
  std::vector<double> losses(similarities.front().size(), 0);
  for (const std::vector<double>& attack : similarities) {
    require(attack.size() == losses.size(), "one attack has {} layers, another {}", losses.size(), attack.size());
    for (std::size_t layer = 1; layer < losses.size(); ++layer) losses[layer] += attack[layer - 1] - attack[layer];
  }
  return losses;
}

std::vector<std::size_t> critical_layers(const std::vector<double>& losses, std::size_t count) {
  if (losses.empty()) return {};
  std::vector<std::size_t> order(losses.size() - 1);
  std::iota(order.begin(), order.end(), std::size_t{1});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return losses[a] > losses[b]; });
  order.resize(std::min(count, order.size()));
  return order;
}

std::vector<double> twin_similarities(const Network& network, const std::vector<ComparedLayer>& layers,
                                      const Normalisation& normalisation, const LabelledImages& images,
                                      const at::Tensor& twins) {
  at::NoGradGuard no_grad;
  std::vector<double> similarities;
  for (const ComparedLayer& layer : layers) {
    throw_if_stopped();
    similarities.push_back(cka(activations(network, layer.output, normalisation, images.images),
                               activations(network, layer.output, normalisation, twins), CkaVariant::biased));
  }
  return similarities;
}

std::vector<std::string> layers_within(const Architecture& architecture, const std::vector<ComparedLayer>& layers) {
  std::vector<std::string> names;
  for (const ComparedLayer& layer : layers) {
    for (std::int64_t index = layer.input + 1; index <= layer.output; ++index) {
      const Node& node = architecture.nodes[static_cast<std::size_t>(index)];
      if (node.operation == Operation::convolution || node.operation == Operation::linear) names.push_back(node.name);
    }
  }
  return names;
}

}  // namespace neusemslice
