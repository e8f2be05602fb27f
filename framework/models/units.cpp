#include "models/units.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/error.hpp"

namespace neusemslice {
namespace {

const Node& node_at(const Architecture& architecture, std::int64_t index) {
  return architecture.nodes[static_cast<std::size_t>(index)];
}

bool makes_channels(const Node& node) {
  return node.operation == Operation::linear || node.operation == Operation::convolution;
}

/// Which nodes' channels are the same ones: a node's channels are those of its input unless it makes new ones, and an
/// addition makes its inputs' one. Found with disjoint sets.
class ChannelSets {
 public:
  explicit ChannelSets(const Architecture& architecture)
      : parent_(architecture.nodes.size()), span_(architecture.nodes.size(), 1) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    const auto shapes = node_shapes(architecture);
    for (std::size_t i = 0; i < architecture.nodes.size(); ++i) {
      const Node& node = architecture.nodes[i];
      if (node.inputs.empty() || makes_channels(node)) continue;
      const auto first = static_cast<std::size_t>(node.inputs[0]);
      for (const std::int64_t input : node.inputs) parent_[root(i)] = root(static_cast<std::size_t>(input));
      span_[i] = span_[first];
      if (node.operation == Operation::flatten) span_[i] *= shapes[i][0] / shapes[first][0];
    }
  }

  [[nodiscard]] std::size_t root(std::size_t node) const {
    while (parent_[node] != node) node = parent_[node];
    return node;
  }

  /// How many values of a flattened output each channel gives.
  [[nodiscard]] std::int64_t span(std::size_t node) const { return span_[node]; }

 private:
  std::vector<std::size_t> parent_;
  std::vector<std::int64_t> span_;
};

std::optional<std::int64_t> only_reader(const Architecture& architecture, std::int64_t node) {
  std::optional<std::int64_t> reader;
  for (std::size_t i = 0; i < architecture.nodes.size(); ++i) {
    if (std::ranges::find(architecture.nodes[i].inputs, node) == architecture.nodes[i].inputs.end()) continue;
    if (reader) return std::nullopt;
    reader = static_cast<std::int64_t>(i);
  }
  return reader;
}

/// The ReLU that a node's output goes to, directly or behind batch norm and additions, and nowhere else.
std::optional<std::int64_t> relu_after(const Architecture& architecture, std::int64_t from) {
  std::optional<std::int64_t> node = only_reader(architecture, from);
  while (node && (node_at(architecture, *node).operation == Operation::batch_norm ||
                  node_at(architecture, *node).operation == Operation::add)) {
    node = only_reader(architecture, *node);
  }
  return node && node_at(architecture, *node).operation == Operation::relu ? node : std::nullopt;
}

std::int64_t tap_after(const Architecture& architecture, std::int64_t producer) {
  const std::optional<std::int64_t> tap = relu_after(architecture, producer);
  require_input(tap.has_value(),
                "{}: layer '{}' is not followed by a ReLU (directly or behind batch norm and additions), so its units "
                "have no tap",
                architecture.name, node_at(architecture, producer).name);
  return *tap;
}

/// Removing a unit must be the same as masking its tap. Behind the tap, batch norm would turn the mask's zero into its
/// shift.
void require_norms_before_taps(const Architecture& architecture, const UnitGraph& graph) {
  for (const UnitGroup& group : graph.groups) {
    for (const ParameterSlot& slot : group.measured_by) {
      const std::string name = slot.parameter.substr(0, slot.parameter.rfind('.'));
      const auto norm = std::ranges::find(architecture.nodes, name, &Node::name) - architecture.nodes.begin();
      const std::optional<std::int64_t> relu = relu_after(architecture, norm);
      require_input(relu && std::ranges::find(graph.layers, *relu, &UnitLayer::tap) != graph.layers.end(),
                    "{}: batch norm '{}' stands behind the ReLU of the units that it scales; units can only be masked "
                    "and removed where it stands before",
                    architecture.name, name);
    }
  }
}

/// Unit i of one layer is added to unit i of the other: as many values of as many units.
void require_equal_units(const Architecture& architecture, const UnitGraph& graph, const UnitGroup& group,
                         const ChannelSets& sets) {
  const UnitLayer& first = graph.layers[group.layers.front()];
  for (const std::size_t member : group.layers) {
    const UnitLayer& layer = graph.layers[member];
    require_input(
        layer.units == first.units &&
            sets.span(static_cast<std::size_t>(layer.tap)) == sets.span(static_cast<std::size_t>(first.tap)),
        "{}: layers '{}' and '{}' are added together, but have {} and {} units: units can only be sliced where "
        "each meets one of the other",
        architecture.name, first.name, layer.name, first.units, layer.units);
  }
}

UnitGroup& group_of(UnitGraph& graph, std::map<std::size_t, std::size_t>& group_of_set, std::size_t set) {
  const auto [entry, is_new] = group_of_set.emplace(set, graph.groups.size());
  if (is_new) graph.groups.emplace_back();
  return graph.groups[entry->second];
}

/// Adds the slots in which node `index` produces, scales or reads units of the groups.
void add_slots(const Architecture& architecture, std::size_t index, const ChannelSets& sets,
               const std::map<std::size_t, std::size_t>& group_of_set, UnitGraph& graph) {
  const Node& node = architecture.nodes[index];
  const auto group = [&](std::size_t of_node) -> UnitGroup* {
    const auto found = group_of_set.find(sets.root(of_node));
    return found == group_of_set.end() ? nullptr : &graph.groups[found->second];
  };
  if (makes_channels(node)) {
    const auto input = static_cast<std::size_t>(node.inputs[0]);
    if (UnitGroup* own = group(index)) {
      own->produced_by.push_back({.parameter = node.name + ".weight"});
      if (node.bias) own->produced_by.push_back({.parameter = node.name + ".bias"});
    }
    if (UnitGroup* read = group(input)) {
      read->read_by.push_back({.parameter = node.name + ".weight", .dimension = 1, .span = sets.span(input)});
    }
  } else if (node.operation == Operation::batch_norm) {
    if (UnitGroup* scaled = group(index)) {
      const std::int64_t span = sets.span(index);
      for (const char* parameter : {".weight", ".bias"}) {
        scaled->produced_by.push_back({.parameter = node.name + parameter, .span = span});
      }
      for (const char* buffer : {".running_mean", ".running_var"}) {
        scaled->measured_by.push_back({.parameter = node.name + buffer, .span = span});
      }
    }
  }
}

}  // namespace

std::int64_t UnitGraph::total_units() const {
  std::int64_t total = 0;
  for (const UnitLayer& layer : layers) total += layer.units;
  return total;
}

UnitGraph derive_units(const Architecture& architecture) {
  UnitGraph graph;
  const ChannelSets sets(architecture);
  const std::size_t fixed_input = sets.root(0);
  const std::size_t fixed_output = sets.root(architecture.nodes.size() - 1);
  std::map<std::size_t, std::size_t> group_of_set;
  for (std::size_t i = 0; i < architecture.nodes.size(); ++i) {
    const Node& node = architecture.nodes[i];
    const std::size_t set = sets.root(i);
    if (!makes_channels(node) || set == fixed_input || set == fixed_output) continue;
    group_of(graph, group_of_set, set).layers.push_back(graph.layers.size());
    graph.layers.push_back({.name = node.name,
                            .units = node.out_features,
                            .producer = static_cast<std::int64_t>(i),
                            .tap = tap_after(architecture, static_cast<std::int64_t>(i)),
                            .group = group_of_set.at(set)});
  }
  require_input(!graph.layers.empty(), "{}: no layer has units: there is none before the last", architecture.name);
  for (const UnitGroup& group : graph.groups) require_equal_units(architecture, graph, group, sets);
  for (std::size_t i = 0; i < architecture.nodes.size(); ++i) add_slots(architecture, i, sets, group_of_set, graph);
  require_norms_before_taps(architecture, graph);
  return graph;
}

const std::vector<std::int64_t>* kept_of_group(const UnitGraph& units, const UnitGroup& group, const KeptUnits& kept) {
  const std::string& first_name = units.layers[group.layers.front()].name;
  const auto first = kept.find(first_name);
  for (const std::size_t member : group.layers) {
    const auto other = kept.find(units.layers[member].name);
    const bool agree =
        (first == kept.end()) == (other == kept.end()) && (first == kept.end() || first->second == other->second);
    require(agree, "layers {} and {} are added together, but do not keep the same units", first_name,
            units.layers[member].name);
  }
  if (first == kept.end()) return nullptr;
  require(!first->second.empty(), "layer {} keeps no unit", first_name);
  return &first->second;
}

Architecture shrunken_architecture(const Architecture& architecture, const UnitGraph& units, const KeptUnits& kept) {
  Architecture shrunken = architecture;
  const auto node_of = [&](const std::string& parameter) -> Node& {
    const std::string name = parameter.substr(0, parameter.rfind('.'));
    return *std::ranges::find(shrunken.nodes, name, &Node::name);
  };
  for (const UnitGroup& group : units.groups) {
    const auto* indices = kept_of_group(units, group, kept);
    if (indices == nullptr) continue;
    const auto count = static_cast<std::int64_t>(indices->size());
    for (const ParameterSlot& slot : group.produced_by) {
      Node& node = node_of(slot.parameter);
      (node.operation == Operation::batch_norm ? node.in_features : node.out_features) = count * slot.span;
    }
    for (const ParameterSlot& slot : group.read_by) node_of(slot.parameter).in_features = count * slot.span;
  }
  return shrunken;
}

}  // namespace neusemslice
