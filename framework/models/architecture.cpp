#include "models/architecture.hpp"

#include <array>
#include <functional>
#include <numeric>

#include <fmt/ranges.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

using Shape = std::vector<std::int64_t>;

std::int64_t product(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

/// What a message calls a node.
std::string title(const Architecture& architecture, std::size_t index) {
  const Node& node = architecture.nodes[index];
  const std::string place = fmt::format("{}: step {} ({})", architecture.name, index, operation_name(node.operation));
  return node.name.empty() ? place : fmt::format("{} '{}'", place, node.name);
}

std::int64_t windows(std::int64_t extent, const Node& node) {
  return (extent + 2 * node.padding - node.kernel) / node.stride + 1;
}

void require_map(const Shape& input, const std::string& where) {
  require_input(input.size() == 3, "{}: needs channels, height and width, but gets [{}]", where,
                fmt::join(input, ", "));
}

/// Of a convolution or a pooling.
Shape windowed(const Node& node, const Shape& input, std::int64_t channels, const std::string& where) {
  require_map(input, where);
  require_input(node.kernel > 0 && node.stride > 0 && node.padding >= 0,
                "{}: kernel {}, stride {} and padding {} make no windows", where, node.kernel, node.stride,
                node.padding);
  require_input(input[1] + 2 * node.padding >= node.kernel && input[2] + 2 * node.padding >= node.kernel,
                "{}: a {}x{} window does not fit into {}x{} values: the images are too small", where, node.kernel,
                node.kernel, input[1], input[2]);
  return {channels, windows(input[1], node), windows(input[2], node)};
}

void require_inputs(const Node& node, std::int64_t given, const std::string& where) {
  require_input(node.in_features == given, "{}: reads {} channels, but gets {}", where, node.in_features, given);
}

bool has_weight(const Node& node) {
  return node.operation == Operation::linear || node.operation == Operation::convolution;
}

Shape weight_shape(const Node& node) {
  if (node.operation == Operation::linear) return {node.out_features, node.in_features};
  return {node.out_features, node.in_features, node.kernel, node.kernel};
}

}  // namespace

std::string_view operation_name(Operation operation) {
  constexpr std::array<std::string_view, 11> kNames = {"input",       "flatten",      "linear",
                                                       "convolution", "batch_norm",   "relu",
                                                       "max_pool",    "average_pool", "adaptive_average_pool",
                                                       "dropout",     "add"};
  return kNames[static_cast<std::size_t>(operation)];
}

std::vector<ParameterShape> parameter_shapes(const Architecture& architecture) {
  std::vector<ParameterShape> shapes;
  for (const Node& node : architecture.nodes) {
    if (has_weight(node)) {
      shapes.push_back({node.name + ".weight", weight_shape(node)});
      if (node.bias) shapes.push_back({node.name + ".bias", {node.out_features}});
    } else if (node.operation == Operation::batch_norm) {
      shapes.push_back({node.name + ".weight", {node.in_features}});
      shapes.push_back({node.name + ".bias", {node.in_features}});
    }
  }
  return shapes;
}

std::vector<ParameterShape> buffer_shapes(const Architecture& architecture) {
  std::vector<ParameterShape> shapes;
  for (const Node& node : architecture.nodes) {
    if (node.operation != Operation::batch_norm) continue;
    shapes.push_back({node.name + ".running_mean", {node.in_features}});
    shapes.push_back({node.name + ".running_var", {node.in_features}});
  }
  return shapes;
}

std::int64_t parameter_count(const Architecture& architecture) {
  std::int64_t count = 0;
  for (const ParameterShape& parameter : parameter_shapes(architecture)) count += product(parameter.shape);
  return count;
}

std::vector<std::int64_t> node_shape(const Architecture& architecture, std::size_t index,
                                     const std::vector<std::vector<std::int64_t>>& shapes) {
  const Node& node = architecture.nodes[index];
  if (node.operation == Operation::input) return architecture.input_shape;
  const std::string where = title(architecture, index);
  require(!node.inputs.empty(), "{}: has no input", where);
  const Shape& input = shapes[static_cast<std::size_t>(node.inputs[0])];
  switch (node.operation) {
    case Operation::input:
      break;
    case Operation::flatten:
      return {product(input)};
    case Operation::linear:
      require_input(input.size() == 1, "{}: needs flattened values, but gets [{}]", where, fmt::join(input, ", "));
      require_inputs(node, input[0], where);
      return {node.out_features};
    case Operation::convolution:
      require_map(input, where);
      require_inputs(node, input[0], where);
      return windowed(node, input, node.out_features, where);
    case Operation::batch_norm:
      require_inputs(node, input[0], where);
      return input;
    case Operation::max_pool:
    case Operation::average_pool:
      require_input(2 * node.padding <= node.kernel, "{}: padding {} is more than half of kernel {}", where,
                    node.padding, node.kernel);
      return windowed(node, input, input.at(0), where);
    case Operation::adaptive_average_pool:
      require_map(input, where);
      return {input[0], node.output_size, node.output_size};
    case Operation::relu:
    case Operation::dropout:
      return input;
    case Operation::add:
      for (const std::int64_t other : node.inputs) {
        const Shape& shape = shapes[static_cast<std::size_t>(other)];
        require_input(shape == input, "{}: adds [{}] to [{}]", where, fmt::join(shape, ", "), fmt::join(input, ", "));
      }
      return input;
  }
  throw Error("no such operation");
}

std::vector<std::vector<std::int64_t>> node_shapes(const Architecture& architecture) {
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < architecture.nodes.size(); ++i) shapes.push_back(node_shape(architecture, i, shapes));
  return shapes;
}

std::int64_t category_count(const Architecture& architecture) {
  const Shape logits = node_shapes(architecture).back();
  require_input(logits.size() == 1, "{}: the last step gives [{}], not one logit for each category", architecture.name,
                fmt::join(logits, ", "));
  return logits[0];
}

}  // namespace neusemslice
