#include "models/architecture.hpp"

#include <functional>
#include <numeric>

#include "core/error.hpp"

namespace neusemslice {
namespace {

std::int64_t product(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

}  // namespace

Architecture make_mlp(const std::vector<std::int64_t>& input_shape, const std::vector<std::int64_t>& hidden,
                      std::int64_t categories) {
  Architecture architecture{.name = "mlp", .input_shape = input_shape, .nodes = {}};
  auto& nodes = architecture.nodes;
  const auto append = [&nodes](Node node) {
    if (!nodes.empty()) node.inputs = {static_cast<std::int64_t>(nodes.size()) - 1};
    nodes.push_back(std::move(node));
  };
  append({.operation = Operation::input});
  append({.operation = Operation::flatten});
  std::int64_t width = product(input_shape);
  for (std::size_t i = 0; i <= hidden.size(); ++i) {
    const bool last = i == hidden.size();
    const std::int64_t next = last ? categories : hidden[i];
    append({.operation = Operation::linear,
            .name = fmt::format("fc{}", i + 1),
            .in_features = width,
            .out_features = next});
    if (!last) append({.operation = Operation::relu});
    width = next;
  }
  return architecture;
}

Architecture make_architecture(const ModelConfig& model, const std::vector<std::int64_t>& input_shape,
                               std::int64_t categories) {
  require_input(model.name == "mlp", "no model is named '{}'; known: mlp", model.name);
  return make_mlp(input_shape, model.hidden, categories);
}

std::vector<ParameterShape> parameter_shapes(const Architecture& architecture) {
  std::vector<ParameterShape> shapes;
  for (const Node& node : architecture.nodes) {
    if (node.operation != Operation::linear) continue;
    shapes.push_back({node.name + ".weight", {node.out_features, node.in_features}});
    shapes.push_back({node.name + ".bias", {node.out_features}});
  }
  return shapes;
}

std::int64_t parameter_count(const Architecture& architecture) {
  std::int64_t count = 0;
  for (const ParameterShape& parameter : parameter_shapes(architecture)) count += product(parameter.shape);
  return count;
}

}  // namespace neusemslice
