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

constexpr std::int64_t kActivationBytes = 1'000'000'000;

/// Channels [begin, end) of a node's value for all images: (images, values).
at::Tensor activations(const Network& network, std::int64_t node, std::int64_t begin, std::int64_t end,
                       const Normalisation& normalisation, const at::Tensor& images) {
  const Normaliser normaliser(normalisation, network.device());
  std::vector<at::Tensor> values;
  for (const at::Tensor& batch : images.split(evaluation_batch(network.architecture))) {
    throw_if_stopped();
    forward(network, normaliser(batch.to(network.device())), {}, {node}, [&](std::int64_t, const at::Tensor& value) {
      values.push_back(value.slice(1, begin, end).flatten(1).clone());
    });
  }
  return at::cat(values);
}

/// The centred Gram matrix of a node's value, (images, images) float64: the sum of those of its channels.
at::Tensor gram_of_node(const Network& network, std::int64_t node, const Normalisation& normalisation,
                        const at::Tensor& images) {
  const std::vector<std::int64_t> shape = node_shapes(network.architecture)[static_cast<std::size_t>(node)];
  const std::int64_t of_channel =
      images.size(0) * c10::multiply_integers(shape) / shape[0] * static_cast<std::int64_t>(sizeof(float));
  const std::int64_t step = std::clamp<std::int64_t>(kActivationBytes / of_channel, 1, shape[0]);
  at::Tensor sum;
  for (std::int64_t begin = 0; begin < shape[0]; begin += step) {
    const at::Tensor values =
        activations(network, node, begin, std::min(begin + step, shape[0]), normalisation, images);
    const at::Tensor gram = gram_matrix(values, CkaVariant::biased);
    sum = sum.defined() ? sum.add_(gram) : gram;
  }
  return sum;
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

std::vector<std::vector<double>> twin_similarities(const Network& network, const std::vector<ComparedLayer>& layers,
                                                   const Normalisation& normalisation, const at::Tensor& images,
                                                   const std::vector<at::Tensor>& twins) {
  at::NoGradGuard no_grad;
  std::vector<std::vector<double>> similarities(twins.size());
  for (const ComparedLayer& layer : layers) {
    std::vector<at::Tensor> grams = {gram_of_node(network, layer.output, normalisation, images)};
    for (const at::Tensor& of_attack : twins) {
      grams.push_back(gram_of_node(network, layer.output, normalisation, of_attack));
    }
    CkaSums sums(static_cast<std::int64_t>(grams.size()));
    sums.add(at::stack(grams));
    const at::Tensor with_benign = sums.value()[0];
    for (std::size_t attack = 0; attack < twins.size(); ++attack) {
      similarities[attack].push_back(with_benign[static_cast<std::int64_t>(attack) + 1].item<double>());
    }
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
