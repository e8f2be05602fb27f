#include "baselines/critical_layers.hpp"

#include <algorithm>
#include <numeric>

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

}  // namespace neusemslice
