#include "baselines/compared_layers.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "core/error.hpp"
#include "models/units.hpp"

namespace neusemslice {
namespace {

const Node& node_at(const Architecture& architecture, std::int64_t index) {
  return architecture.nodes[static_cast<std::size_t>(index)];
}

std::int64_t node_count(const Architecture& architecture) {
  return static_cast<std::int64_t>(architecture.nodes.size());
}

/// Every node reads the one before it.
bool is_chain(const Architecture& architecture) {
  for (std::int64_t i = 1; i < node_count(architecture); ++i) {
    if (node_at(architecture, i).inputs != std::vector<std::int64_t>{i - 1}) return false;
  }
  return true;
}

std::vector<ComparedLayer> taps(const Architecture& architecture) {
  const bool removable = is_chain(architecture);
  std::vector<ComparedLayer> layers;
  for (const UnitLayer& unit_layer : derive_units(architecture).layers) {
    if (std::ranges::find(layers, unit_layer.tap, &ComparedLayer::output) != layers.end()) continue;
    std::int64_t input = node_at(architecture, unit_layer.producer).inputs[0];
    while (node_at(architecture, input).operation == Operation::dropout) input = node_at(architecture, input).inputs[0];
    layers.push_back({unit_layer.name, input, unit_layer.tap, removable});
  }
  std::ranges::sort(layers, {}, &ComparedLayer::output);
  return layers;
}

/// The node itself and all it depends on.
std::set<std::int64_t> ancestors(const Architecture& architecture, std::int64_t node) {
  std::set<std::int64_t> found = {node};
  std::vector<std::int64_t> open = {node};
  while (!open.empty()) {
    const std::int64_t next = open.back();
    open.pop_back();
    for (const std::int64_t input : node_at(architecture, next).inputs) {
      if (found.insert(input).second) open.push_back(input);
    }
  }
  return found;
}

/// The last node on which all terms of an addition depend: where the block begins.
std::int64_t last_common_ancestor(const Architecture& architecture, const std::vector<std::int64_t>& nodes) {
  std::set<std::int64_t> common = ancestors(architecture, nodes.front());
  for (const std::int64_t node : nodes) {
    const std::set<std::int64_t> others = ancestors(architecture, node);
    std::erase_if(common, [&](std::int64_t candidate) { return !others.contains(candidate); });
  }
  return *common.rbegin();
}

std::optional<std::int64_t> relu_behind(const Architecture& architecture, std::int64_t addition) {
  for (std::int64_t i = addition + 1; i < node_count(architecture); ++i) {
    const Node& node = node_at(architecture, i);
    if (node.operation == Operation::relu && node.inputs.front() == addition) return i;
  }
  return std::nullopt;
}

/// `layer1.0` for layer1.0.conv1, layer1.0.bn1 and so on: what the names between two nodes share up to a dot; the first
/// of them where they share nothing.
std::string block_name(const Architecture& architecture, std::int64_t input, std::int64_t output) {
  std::string_view first;
  std::string_view shared;
  for (std::int64_t i = input + 1; i <= output; ++i) {
    const std::string_view name = node_at(architecture, i).name;
    if (name.empty()) continue;
    if (first.empty()) first = shared = name;
    shared = shared.substr(0, static_cast<std::size_t>(std::ranges::mismatch(shared, name).in1 - shared.begin()));
  }
  const std::size_t dot = shared.rfind('.');
  return std::string(dot == std::string_view::npos || dot == 0 ? first : shared.substr(0, dot));
}

/// Whether taking out the nodes between the two leaves nobody without an input.
bool is_closed(const Architecture& architecture, std::int64_t input, std::int64_t output) {
  for (std::int64_t i = input + 1; i < node_count(architecture); ++i) {
    for (const std::int64_t read : node_at(architecture, i).inputs) {
      const bool is_inside = input < read && read < output;
      if (i > output ? is_inside : read < input) return false;
    }
  }
  return true;
}

std::vector<ComparedLayer> blocks(const Architecture& architecture) {
  std::vector<ComparedLayer> layers;
  for (std::int64_t i = 0; i < node_count(architecture); ++i) {
    const Node& node = node_at(architecture, i);
    if (node.operation != Operation::add) continue;
    const std::optional<std::int64_t> output = relu_behind(architecture, i);
    if (!output) continue;
    const std::int64_t input = last_common_ancestor(architecture, node.inputs);
    const bool is_identity = std::ranges::find(node.inputs, input) != node.inputs.end();
    const bool removable = !layers.empty() && is_identity && is_closed(architecture, input, *output);
    layers.push_back({block_name(architecture, input, *output), input, *output, removable});
  }
  require_input(!layers.empty(), "{}: there are no residual blocks to compare", architecture.name);
  return layers;
}

}  // namespace

Granularity natural_granularity(const Architecture& architecture) {
  const bool adds = std::ranges::find(architecture.nodes, Operation::add, &Node::operation) != architecture.nodes.end();
  return adds ? Granularity::blocks : Granularity::taps;
}

std::vector<ComparedLayer> compared_layers(const Architecture& architecture, Granularity granularity) {
  return granularity == Granularity::taps ? taps(architecture) : blocks(architecture);
}

}  // namespace neusemslice
