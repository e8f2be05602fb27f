#include "models/weights.hpp"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "models/architecture_file.hpp"
#include "models/safetensors.hpp"
#include "models/zoo.hpp"

namespace neusemslice {
namespace {

constexpr const char* kBatchCount = ".num_batches_tracked";
constexpr const char* kNewHead =
    "'train --weights FILE --new-head' (weights.new_head: true in a setting) trains a new one";

std::string shape_text(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// The names in the file, but not hundreds of them.
std::string names_text(const TensorMap& tensors) {
  constexpr std::size_t kShown = 12;
  std::vector<std::string> names;
  for (const auto& entry : tensors | std::views::take(kShown)) names.push_back(entry.first);
  return fmt::format("{}{}", fmt::join(names, ", "),
                     tensors.size() > kShown ? fmt::format(", ... ({} tensors)", tensors.size()) : "");
}

const at::Tensor& tensor_named(const std::filesystem::path& path, const TensorMap& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  require_input(found != tensors.end(), "{}: no tensor '{}'; it holds: {}", path.string(), name, names_text(tensors));
  return found->second;
}

bool has_weight(const Node& node) {
  return node.operation == Operation::linear || node.operation == Operation::convolution;
}

/// The layer whose outputs are the categories.
const Node& head_of(const Architecture& architecture) {
  const auto layers = architecture.nodes | std::views::reverse;
  const auto head = std::ranges::find_if(layers, has_weight);
  require_input(head != layers.end(), "{}: no layer has weights", architecture.name);
  return *head;
}

bool belongs_to(const std::string& parameter, const Node& layer) {
  return parameter == layer.name + ".weight" || parameter == layer.name + ".bias";
}

/// One tensor as the architecture wants it.
at::Tensor checked_tensor(const std::filesystem::path& path, const TensorMap& tensors, const ParameterShape& expected,
                          const Node& head) {
  const at::Tensor& tensor = tensor_named(path, tensors, expected.name);
  require_input(tensor.sizes() == at::IntArrayRef(expected.shape), "{}: tensor '{}' has shape {}, expected {}{}",
                path.string(), expected.name, shape_text(tensor.sizes()), shape_text(expected.shape),
                belongs_to(expected.name, head) ? fmt::format(": weights for another head; {}", kNewHead) : "");
  require_input(tensor.scalar_type() == at::kFloat, "{}: tensor '{}' is {}, expected float32: convert the weights",
                path.string(), expected.name, at::toString(tensor.scalar_type()));
  const bool finite = tensor.isfinite().all().item<bool>();
  require_input(finite, "{}: tensor '{}' holds NaN or infinite values: train it again", path.string(), expected.name);
  return tensor;
}

std::vector<std::string> batch_counts(const Architecture& architecture) {
  std::vector<std::string> names;
  for (const Node& node : architecture.nodes) {
    if (node.operation == Operation::batch_norm) names.push_back(node.name + kBatchCount);
  }
  return names;
}

void refuse_strangers(const std::filesystem::path& path, const TensorMap& tensors, const Architecture& architecture) {
  std::set<std::string> known;
  for (const ParameterShape& parameter : parameter_shapes(architecture)) known.insert(parameter.name);
  for (const ParameterShape& buffer : buffer_shapes(architecture)) known.insert(buffer.name);
  for (std::string& name : batch_counts(architecture)) known.insert(std::move(name));
  for (const auto& entry : tensors) {
    require_input(known.contains(entry.first), "{}: tensor '{}' belongs to no layer of {}", path.string(), entry.first,
                  architecture.name);
  }
}

/// What make_network would draw for one layer: each tensor has its own stream, so the others need not be drawn.
Parameters drawn_layer(const Architecture& architecture, const Node& layer, std::uint64_t seed) {
  return make_network({.name = architecture.name,
                       .input_shape = architecture.input_shape,
                       .nodes = {layer},
                       .initialisation = architecture.initialisation},
                      seed)
      .parameters;
}

/// How many layers named fc1, fc2, ... the file has, at least 1.
std::size_t mlp_depth(const TensorMap& tensors) {
  std::size_t layers = 1;
  while (tensors.contains(fmt::format("fc{}.weight", layers + 1))) ++layers;
  return layers;
}

/// The shape that a layer's weight has, whatever the number of its outputs.
std::string weight_text(const Node& layer, std::int64_t inputs) {
  if (layer.operation == Operation::linear) return fmt::format("[outputs, {}]", inputs);
  return fmt::format("[outputs, {}, {}, {}]", inputs, layer.kernel, layer.kernel);
}

std::int64_t outputs_in_file(const std::filesystem::path& path, const TensorMap& tensors, const Node& layer,
                             std::int64_t inputs, const std::vector<std::int64_t>& image) {
  const std::string name = layer.name + ".weight";
  const at::Tensor& weight = tensor_named(path, tensors, name);
  const std::int64_t dimensions = layer.operation == Operation::linear ? 2 : 4;
  require_input(weight.dim() == dimensions && weight.size(1) == inputs && weight.size(0) > 0,
                "{}: tensor '{}' has shape {}, expected {} for images of {}", path.string(), name,
                shape_text(weight.sizes()), weight_text(layer, inputs), shape_text(image));
  return weight.size(0);
}

/// The same steps with the widths that the weights have.
Architecture with_widths_of(const std::filesystem::path& path, const TensorMap& tensors, Architecture architecture) {
  const std::string name = std::exchange(architecture.name, path.string());  // what node_shape complains about
  std::vector<std::vector<std::int64_t>> shapes;
  for (std::size_t i = 0; i < architecture.nodes.size(); ++i) {
    Node& node = architecture.nodes[i];
    if (!node.inputs.empty()) node.in_features = shapes[static_cast<std::size_t>(node.inputs[0])][0];
    if (has_weight(node)) {
      node.out_features = outputs_in_file(path, tensors, node, node.in_features, architecture.input_shape);
    } else if (node.operation != Operation::batch_norm) {
      node.in_features = 0;
    }
    shapes.push_back(node_shape(architecture, i, shapes));
  }
  architecture.name = name;
  return architecture;
}

/// Reads what `known` does not hold yet.
Network read_network(const std::filesystem::path& path, const Architecture& architecture, Parameters known) {
  const TensorMap tensors = read_safetensors(path);
  const Node& head = head_of(architecture);
  Network network{architecture, std::move(known), {}};
  for (const ParameterShape& parameter : parameter_shapes(architecture)) {
    if (network.parameters.contains(parameter.name)) continue;
    network.parameters.emplace(parameter.name, checked_tensor(path, tensors, parameter, head));
  }
  for (const ParameterShape& buffer : buffer_shapes(architecture)) {
    network.buffers.emplace(buffer.name, checked_tensor(path, tensors, buffer, head));
  }
  refuse_strangers(path, tensors, architecture);
  return network;
}

}  // namespace

Network load_network(const std::filesystem::path& path, const Architecture& architecture) {
  return read_network(path, architecture, {});
}

Network starting_network(const Architecture& architecture, const WeightsConfig& weights, std::uint64_t seed) {
  if (weights.file.empty()) return make_network(architecture, seed);
  return read_network(weights.file, architecture,
                      weights.new_head ? drawn_layer(architecture, head_of(architecture), seed) : Parameters{});
}

Architecture architecture_of_weights(const std::string& model, const std::filesystem::path& path,
                                     const std::vector<std::int64_t>& input_shape, std::int64_t categories) {
  if (model.ends_with(".yaml")) return read_architecture(model, input_shape, categories);
  ModelConfig config{.name = model};
  const TensorMap tensors = read_safetensors(path);
  if (model == "mlp") config.hidden.assign(mlp_depth(tensors) - 1, 1);
  Architecture architecture = with_widths_of(path, tensors, make_architecture(config, input_shape, categories));
  const Node& head = head_of(architecture);
  require_input(head.out_features == categories, "{}: the last layer '{}' has {} outputs, the data {} categories; {}",
                path.string(), head.name, head.out_features, categories, kNewHead);
  return architecture;
}

std::string network_bytes(const Network& network) {
  TensorMap tensors = network.parameters;
  tensors.insert(network.buffers.begin(), network.buffers.end());
  for (std::string& name : batch_counts(network.architecture)) {
    tensors.emplace(std::move(name), at::zeros({}, at::kLong));
  }
  return safetensors_bytes(tensors, {{"format", "pt"}});
}

void save_network(const std::filesystem::path& path, const Network& network) {
  write_file_atomically(path, network_bytes(network));
}

}  // namespace neusemslice
