#include "baselines/critical_layers.hpp"

#include <algorithm>
#include <numeric>

#include "baselines/activation_grams.hpp"
#include "core/error.hpp"

namespace neusemslice {
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
  const auto grams_of = [&](const at::Tensor& of) {
    return activation_grams(network, layers, normalisation, of, CkaVariant::biased);
  };
  const at::Tensor benign = grams_of(images);
  std::vector<std::vector<double>> similarities;
  for (const at::Tensor& of_attack : twins) {
    const at::Tensor attacked = grams_of(of_attack);
    std::vector<double>& of_layers = similarities.emplace_back();
    for (std::int64_t layer = 0; layer < benign.size(0); ++layer) {
      CkaSums sums(2);
      sums.add(at::stack({benign[layer], attacked[layer]}));
      of_layers.push_back(sums.value()[0][1].item<double>());
    }
  }
  return similarities;
}

std::vector<std::string> layers_within(const Architecture& architecture, const std::vector<ComparedLayer>& layers,
                                       const std::vector<std::size_t>& places) {
  std::vector<std::string> names;
  for (const std::size_t place : places) {
    const ComparedLayer& layer = layers.at(place);
    for (std::int64_t index = layer.input + 1; index <= layer.output; ++index) {
      const Node& node = architecture.nodes[static_cast<std::size_t>(index)];
      if (node.operation == Operation::convolution || node.operation == Operation::linear) names.push_back(node.name);
    }
  }
  return names;
}

}  // namespace neusemslice
