#include "models/network.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "models/weight_block.hpp"

namespace neusemslice {
namespace {

constexpr double kBatchNormMomentum = 0.1;

/// A batch norm's parameters and statistics: of all channels, or of some.
struct NormTensors {
  at::Tensor weight;
  at::Tensor bias;
  at::Tensor mean;
  at::Tensor variance;
};

NormTensors norm_tensors(const Node& node, const Network& network) {
  return {network.parameters.at(node.name + ".weight"), network.parameters.at(node.name + ".bias"),
          network.buffers.at(node.name + ".running_mean"), network.buffers.at(node.name + ".running_var")};
}

at::Tensor batch_norm(const at::Tensor& input, const NormTensors& norm, bool training) {
  return at::batch_norm(input, norm.weight, norm.bias, norm.mean, norm.variance, training, kBatchNormMomentum,
                        kBatchNormEpsilon, /*cudnn_enabled=*/true);
}

/// Measures some channels only, and takes the others by their running statistics.
at::Tensor batch_norm_of_some(const at::Tensor& input, NormTensors norm, const at::Tensor& channels) {
  const auto some = [&](const at::Tensor& of_channels) { return of_channels.index_select(0, channels); };
  NormTensors before = norm;  // which the way back reads
  before.mean = norm.mean.clone();
  before.variance = norm.variance.clone();
  const NormTensors moved = {some(norm.weight), some(norm.bias), some(norm.mean), some(norm.variance)};
  const at::Tensor by_batch = batch_norm(input.index_select(1, channels), moved, true);
  norm.mean.index_copy_(0, channels, moved.mean);
  norm.variance.index_copy_(0, channels, moved.variance);
  return batch_norm(input, before, false).index_copy(1, channels, by_batch);
}

at::Tensor batch_norm_training(const Node& node, const at::Tensor& input, Network& network,
                               const MeasuredChannels& measured) {
  const auto channels = measured.find(node.name);
  if (channels == measured.end()) return batch_norm(input, norm_tensors(node, network), false);
  require_input(input.numel() > input.size(1),
                "{}: batch norm '{}' cannot be trained on a batch that has a single value a channel; choose another "
                "batch size",
                network.architecture.name, node.name);
  const NormTensors norm = norm_tensors(node, network);
  return channels->second.defined() ? batch_norm_of_some(input, norm, channels->second) : batch_norm(input, norm, true);
}

std::optional<at::Tensor> bias_of(const Network& network, const Node& node) {
  if (!node.bias) return std::nullopt;
  return network.parameters.at(node.name + ".bias");
}

at::Tensor sum_of(const std::vector<at::Tensor>& inputs) {
  at::Tensor sum = inputs.front();
  for (std::size_t i = 1; i < inputs.size(); ++i) sum = sum + inputs[i];
  return sum;
}

/// The last node that reads each node, so that values can be freed as soon as nobody needs them.
std::vector<std::size_t> last_readers(const Architecture& architecture) {
  std::vector<std::size_t> last(architecture.nodes.size(), 0);
  for (std::size_t i = 0; i < architecture.nodes.size(); ++i) {
    for (const std::int64_t input : architecture.nodes[i].inputs) last[static_cast<std::size_t>(input)] = i;
  }
  return last;
}

std::vector<at::Tensor> inputs_of(const Node& node, const std::vector<at::Tensor>& values, const at::Tensor& batch) {
  if (node.operation == Operation::input) return {batch};
  std::vector<at::Tensor> inputs;
  for (const std::int64_t input : node.inputs) inputs.push_back(values[static_cast<std::size_t>(input)]);
  return inputs;
}

/// Units are dimension 1, whatever follows.
at::Tensor masked(const at::Tensor& value, const at::Tensor& mask) {
  return value.dim() == 4 ? value * mask.view({1, -1, 1, 1}) : value * mask;
}

/// Computes all nodes in their order; `compute` gives one from its inputs, `finish` may change its value.
template <typename Compute, typename Finish>
at::Tensor run_nodes(const Architecture& architecture, const at::Tensor& batch, const Compute& compute,
                     const Finish& finish) {
  const auto& nodes = architecture.nodes;
  const std::vector<std::size_t> last = last_readers(architecture);
  std::vector<at::Tensor> values(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    values[i] = compute(nodes[i], inputs_of(nodes[i], values, batch));
    finish(static_cast<std::int64_t>(i), values[i]);
    for (const std::int64_t input : nodes[i].inputs) {
      if (last[static_cast<std::size_t>(input)] == i) values[static_cast<std::size_t>(input)].reset();
    }
  }
  return values.back();
}

at::Generator generator_of(at::Device device, std::uint64_t seed, const std::string& purpose) {
  RandomStream stream(seed, purpose);
  at::Generator generator =
      device.is_cpu() ? at::detail::createCPUGenerator()
                      : at::globalContext().getAcceleratorHooksInterface(device.type()).getNewGenerator(device.index());
  generator.set_current_seed(stream.next());
  return generator;
}

/// Zeros each value with `probability` and scales the others up, so that the mean stays.
at::Tensor dropped_out(const at::Tensor& input, double probability, const at::Generator& generator) {
  if (probability == 0) return input;
  return input * at::empty_like(input).bernoulli_(1 - probability, generator).div_(1 - probability);
}

at::Tensor uniform_tensor(const ParameterShape& parameter, double bound, std::uint64_t seed) {
  RandomStream stream(seed, "initial value/" + parameter.name);
  at::Tensor tensor = at::empty(parameter.shape, at::kFloat);
  auto* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(bound * (2 * stream.uniform() - 1));
  return tensor;
}

/// Pairs by Box and Muller's transformation.
at::Tensor normal_tensor(const ParameterShape& parameter, double deviation, std::uint64_t seed) {
  RandomStream stream(seed, "initial value/" + parameter.name);
  at::Tensor tensor = at::empty(parameter.shape, at::kFloat);
  auto* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); i += 2) {
    const double radius = deviation * std::sqrt(-2 * std::log(1 - stream.uniform()));
    const double angle = 2 * std::numbers::pi * stream.uniform();
    values[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < tensor.numel()) values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
  return tensor;
}

void draw_affine(const Node& node, Initialisation initialisation, std::uint64_t seed, Parameters& parameters) {
  const bool is_convolution = node.operation == Operation::convolution;
  ParameterShape weight{node.name + ".weight", {node.out_features, node.in_features}};
  if (is_convolution) weight.shape.insert(weight.shape.end(), {node.kernel, node.kernel});
  const std::int64_t area = is_convolution ? node.kernel * node.kernel : 1;
  const bool he = initialisation == Initialisation::he && is_convolution;
  const double bound = 1.0 / std::sqrt(static_cast<double>(node.in_features * area));
  const double deviation = std::sqrt(2.0 / static_cast<double>(node.out_features * area));
  parameters.emplace(weight.name, he ? normal_tensor(weight, deviation, seed) : uniform_tensor(weight, bound, seed));
  if (!node.bias) return;
  const ParameterShape bias{node.name + ".bias", {node.out_features}};
  parameters.emplace(bias.name, he ? at::zeros(bias.shape, at::kFloat) : uniform_tensor(bias, bound, seed));
}

Parameters moved(const Parameters& tensors, const std::function<at::Tensor(const at::Tensor&)>& move) {
  Parameters result;
  for (const auto& [name, value] : tensors) result.emplace(name, move(value));
  return result;
}

}  // namespace

Network Network::to(at::Device target) const {
  const auto move = [&](const at::Tensor& tensor) { return tensor.to(target); };
  return {architecture, moved(parameters, move), moved(buffers, move)};
}

Network Network::clone() const {
  const auto copy = [](const at::Tensor& tensor) { return tensor.clone(); };
  return {architecture, moved(parameters, copy), moved(buffers, copy)};
}

Network make_network(const Architecture& architecture, std::uint64_t seed) {
  Network network{architecture, {}, {}};
  for (const Node& node : architecture.nodes) {
    if (node.operation == Operation::linear || node.operation == Operation::convolution) {
      draw_affine(node, architecture.initialisation, seed, network.parameters);
    } else if (node.operation == Operation::batch_norm) {
      network.parameters.emplace(node.name + ".weight", at::ones({node.in_features}));
      network.parameters.emplace(node.name + ".bias", at::zeros({node.in_features}));
      network.buffers.emplace(node.name + ".running_mean", at::zeros({node.in_features}));
      network.buffers.emplace(node.name + ".running_var", at::ones({node.in_features}));
    }
  }
  return network;
}

at::Tensor apply_node(const Network& network, const Node& node, const std::vector<at::Tensor>& inputs) {
  const at::Tensor& input = inputs.front();
  switch (node.operation) {
    case Operation::input:
    case Operation::dropout:
      return input;
    case Operation::flatten:
      return input.flatten(1);
    case Operation::relu:
      return input.relu();
    case Operation::linear:
      return at::linear(input, network.parameters.at(node.name + ".weight"), bias_of(network, node));
    case Operation::convolution:
      return at::conv2d(input, network.parameters.at(node.name + ".weight"), bias_of(network, node), node.stride,
                        node.padding);
    case Operation::batch_norm:
      return batch_norm(input, norm_tensors(node, network), false);
    case Operation::max_pool:
      return at::max_pool2d(input, node.kernel, node.stride, node.padding);
    case Operation::average_pool:
      return at::avg_pool2d(input, node.kernel, node.stride, node.padding);
    case Operation::adaptive_average_pool:
      return at::adaptive_avg_pool2d(input, {node.output_size, node.output_size});
    case Operation::add:
      return sum_of(inputs);
  }
  throw Error("no such operation");
}

at::Tensor forward(const Network& network, const at::Tensor& batch, const TapMasks& masks) {
  return forward(network, batch, masks, {}, {});
}

at::Tensor forward(const Network& network, const at::Tensor& batch, const TapMasks& masks,
                   const std::vector<std::int64_t>& visited, const NodeVisitor& visit) {
  const auto compute = [&](const Node& node, const std::vector<at::Tensor>& inputs) {
    return apply_node(network, node, inputs);
  };
  return run_nodes(network.architecture, batch, compute, [&](std::int64_t index, at::Tensor& value) {
    if (const auto mask = masks.find(index); mask != masks.end()) value = masked(value, mask->second);
    if (std::ranges::find(visited, index) != visited.end()) visit(index, value);
  });
}

std::vector<at::Tensor> forward_all(const Network& network, const at::Tensor& batch) {
  const auto& nodes = network.architecture.nodes;
  std::vector<at::Tensor> values(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    values[i] = apply_node(network, nodes[i], inputs_of(nodes[i], values, batch));
  }
  return values;
}

std::int64_t most_live_values(const Architecture& architecture) {
  const std::vector<std::size_t> last = last_readers(architecture);
  const auto shapes = node_shapes(architecture);
  std::vector<std::int64_t> values;
  for (const auto& shape : shapes) values.push_back(c10::multiply_integers(shape));
  std::int64_t live = 0;
  std::int64_t most = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    live += values[i];
    most = std::max(most, live);
    for (const std::int64_t input : architecture.nodes[i].inputs) {
      const auto read = static_cast<std::size_t>(input);
      if (last[read] == i) live -= std::exchange(values[read], 0);
    }
  }
  return most;
}

MeasuredChannels measure_everything(const Architecture& architecture) {
  MeasuredChannels measured;
  for (const Node& node : architecture.nodes) {
    if (node.operation == Operation::batch_norm) measured.emplace(node.name, at::Tensor());
  }
  return measured;
}

at::Tensor forward_training(Network& network, const at::Tensor& batch, std::uint64_t seed, const std::string& purpose,
                            const MeasuredChannels& measured, const WeightBlocks& blocks) {
  std::optional<at::Generator> generator;  // most networks have no dropout
  const auto compute = [&](const Node& node, const std::vector<at::Tensor>& inputs) {
    if (node.operation == Operation::batch_norm) return batch_norm_training(node, inputs.front(), network, measured);
    if (const auto block = blocks.find(node.name + ".weight"); block != blocks.end()) {
      return apply_with_block(node, inputs.front(), network.parameters.at(block->first), bias_of(network, node),
                              block->second);
    }
    if (node.operation != Operation::dropout) return apply_node(network, node, inputs);
    if (!generator) generator = generator_of(batch.device(), seed, purpose);
    return dropped_out(inputs.front(), node.probability, *generator);
  };
  return run_nodes(network.architecture, batch, compute, [](std::int64_t, const at::Tensor&) {});
}

}  // namespace neusemslice
