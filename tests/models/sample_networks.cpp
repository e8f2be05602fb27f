#include "models/sample_networks.hpp"

#include <fmt/format.h>

#include "models/network_builder.hpp"
#include "models/zoo.hpp"
#include "support/problem.hpp"

namespace neusemslice::test_support {
namespace {

using Shape = std::vector<std::int64_t>;

Architecture overlapping_pools(const Shape& image, std::int64_t categories) {
  NetworkBuilder builder("overlapping-pools", image);
  builder.convolution("features.0", 6, 3, 2, 1, false);
  builder.relu();
  builder.max_pool(3, 2, 1);
  builder.convolution("features.3", 9, 5, 1, 2, true);
  builder.relu();
  builder.average_pool(3, 2, 1);
  builder.flatten();
  builder.dropout(0.5);
  builder.linear("classifier.1", 12);
  builder.relu();
  builder.dropout(0.5);
  builder.linear("classifier.4", categories, false);
  return std::move(builder).build(Initialisation::uniform);
}

void basic_block(NetworkBuilder& builder, const std::string& name, std::int64_t channels, std::int64_t stride) {
  const std::int64_t start = builder.last();
  builder.convolution(name + ".conv1", channels, 3, stride, 1, false);
  builder.batch_norm(name + ".bn1");
  builder.relu();
  builder.convolution(name + ".conv2", channels, 3, 1, 1, false);
  const std::int64_t straight = builder.batch_norm(name + ".bn2");
  std::int64_t shortcut = start;
  if (stride > 1) {
    builder.convolution(name + ".downsample.0", channels, 1, stride, 0, false, start);
    shortcut = builder.batch_norm(name + ".downsample.1");
  }
  builder.add(straight, shortcut);
  builder.relu();
}

Architecture residual_blocks(const Shape& image, std::int64_t categories) {
  NetworkBuilder builder("residual-blocks", image);
  builder.convolution("conv1", 8, 3, 1, 1, false);
  builder.batch_norm("bn1");
  builder.relu();
  builder.max_pool(3, 2, 1);
  basic_block(builder, "layer1.0", 8, 1);
  const std::int64_t first_sum = builder.last() - 1;
  basic_block(builder, "layer2.0", 12, 2);
  builder.adaptive_average_pool(1);
  builder.flatten();
  builder.linear("fc", categories);
  Architecture architecture = std::move(builder).build(Initialisation::he);
  // The first sum also takes the block's inner activation.
  architecture.nodes[static_cast<std::size_t>(first_sum)].inputs.push_back(first_sum - 3);
  return architecture;
}

Architecture adaptive_pools(const Shape& image, std::int64_t categories) {
  NetworkBuilder builder("adaptive-pools", image);
  std::int64_t position = 0;
  for (const std::int64_t extent : {7, 5, 6}) {
    builder.convolution(fmt::format("features.{}", position++), 5 + extent, 3, 1, 1, true);
    builder.relu();
    builder.adaptive_average_pool(extent);
  }
  builder.flatten();
  builder.linear("fc1", 10);
  builder.relu();
  builder.linear("fc2", categories);
  return std::move(builder).build(Initialisation::he);
}

}  // namespace

Network random_network(const Architecture& architecture, std::uint64_t seed) {
  Network network = make_network(architecture, seed);
  for (const Node& node : architecture.nodes) {
    if (node.operation != Operation::batch_norm) continue;
    const auto draw = [&](Parameters& tensors, const std::string& part, double low, double high) {
      const std::string name = node.name + part;
      tensors.at(name) = random_tensor(seed, name, {node.in_features}, low, high);
    };
    draw(network.parameters, ".weight", 0.5, 1.5);
    draw(network.parameters, ".bias", -0.5, 0.5);
    draw(network.buffers, ".running_mean", -0.5, 0.5);
    draw(network.buffers, ".running_var", 0.5, 2);
  }
  return network;
}

std::vector<Network> sample_networks(const Shape& image, std::int64_t categories) {
  std::vector<Network> networks;
  for (const Architecture& architecture : {make_mlp(image, {12, 7}, categories), overlapping_pools(image, categories),
                                           residual_blocks(image, categories), adaptive_pools(image, categories)}) {
    networks.push_back(random_network(architecture, 11));
  }
  return networks;
}

KeptUnits two_of_three(const UnitGraph& units) {
  KeptUnits kept;
  for (const UnitLayer& layer : units.layers) {
    for (std::int64_t unit = 0; unit < layer.units; ++unit) {
      if (unit % 3 != 1) kept[layer.name].push_back(unit);
    }
  }
  return kept;
}

}  // namespace neusemslice::test_support
