#include "models/network.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"

namespace neusemslice {
namespace {

at::Tensor uniform_tensor(const ParameterShape& parameter, double bound, std::uint64_t seed) {
  RandomStream stream(seed, "initial value/" + parameter.name);
  at::Tensor tensor = at::empty(parameter.shape, at::kFloat);
  auto* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(bound * (2 * stream.uniform() - 1));
  return tensor;
}

at::Tensor apply(const Network& network, const Node& node, const at::Tensor& input) {
  switch (node.operation) {
    case Operation::input:
      return input;
    case Operation::flatten:
      return input.flatten(1);
    case Operation::relu:
      return input.relu();
    case Operation::linear:
      return at::linear(input, network.parameters.at(node.name + ".weight"),
                        network.parameters.at(node.name + ".bias"));
  }
  throw Error("no such operation");
}

/// The last node that reads each node, so that values can be freed as soon as nobody needs them.
std::vector<std::size_t> last_readers(const Architecture& architecture) {
  std::vector<std::size_t> last(architecture.nodes.size(), 0);
  for (std::size_t i = 0; i < architecture.nodes.size(); ++i) {
    for (const std::int64_t input : architecture.nodes[i].inputs) last[static_cast<std::size_t>(input)] = i;
  }
  return last;
}

const at::Tensor& input_of(const Node& node, const std::vector<at::Tensor>& values, const at::Tensor& batch) {
  return node.inputs.empty() ? batch : values[static_cast<std::size_t>(node.inputs[0])];
}

}  // namespace

Network Network::to(at::Device target) const {
  Network moved{architecture, {}};
  for (const auto& [name, value] : parameters) moved.parameters.emplace(name, value.to(target));
  return moved;
}

Network make_network(const Architecture& architecture, std::uint64_t seed) {
  Network network{architecture, {}};
  for (const Node& node : architecture.nodes) {
    if (node.operation != Operation::linear) continue;
    const double bound = 1.0 / std::sqrt(static_cast<double>(node.in_features));
    const ParameterShape weight{node.name + ".weight", {node.out_features, node.in_features}};
    const ParameterShape bias{node.name + ".bias", {node.out_features}};
    network.parameters.emplace(weight.name, uniform_tensor(weight, bound, seed));
    network.parameters.emplace(bias.name, uniform_tensor(bias, bound, seed));
  }
  return network;
}

at::Tensor forward(const Network& network, const at::Tensor& batch, const TapMasks& masks) {
  const auto& nodes = network.architecture.nodes;
  const std::vector<std::size_t> last = last_readers(network.architecture);
  std::vector<at::Tensor> values(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    values[i] = apply(network, nodes[i], input_of(nodes[i], values, batch));
    if (const auto mask = masks.find(static_cast<std::int64_t>(i)); mask != masks.end()) {
      values[i] = values[i] * mask->second;
    }
    for (const std::int64_t input : nodes[i].inputs) {
      if (last[static_cast<std::size_t>(input)] == i) values[static_cast<std::size_t>(input)].reset();
    }
  }
  return values.back();
}

std::vector<at::Tensor> forward_all(const Network& network, const at::Tensor& batch) {
  const auto& nodes = network.architecture.nodes;
  std::vector<at::Tensor> values(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    values[i] = apply(network, nodes[i], input_of(nodes[i], values, batch));
  }
  return values;
}

at::Tensor affine_input_gradient(const Network& network, const Node& node, const at::Tensor& output_gradient) {
  require(node.operation == Operation::linear, "only linear nodes have a linear gradient");
  return at::matmul(output_gradient, network.parameters.at(node.name + ".weight"));
}

}  // namespace neusemslice
