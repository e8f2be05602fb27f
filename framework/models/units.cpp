#include "models/units.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace neusemslice {
namespace {

std::vector<std::int64_t> readers_of(const Architecture& architecture, std::int64_t node) {
  std::vector<std::int64_t> readers;
  for (std::size_t i = 0; i < architecture.nodes.size(); ++i) {
    const auto& inputs = architecture.nodes[i].inputs;
    if (std::ranges::find(inputs, node) != inputs.end()) readers.push_back(static_cast<std::int64_t>(i));
  }
  return readers;
}

const Node& node_at(const Architecture& architecture, std::int64_t index) {
  return architecture.nodes[static_cast<std::size_t>(index)];
}

/// Follows the tap downstream to every layer whose weights multiply it.
void collect_readers(const Architecture& architecture, std::int64_t from, std::int64_t span,
                     std::vector<ParameterSlot>& slots) {
  for (const std::int64_t reader : readers_of(architecture, from)) {
    const Node& node = node_at(architecture, reader);
    if (node.operation == Operation::linear) {
      slots.push_back({.parameter = node.name + ".weight", .dimension = 1, .span = span});
    } else {
      collect_readers(architecture, reader, span, slots);
    }
  }
}

std::int64_t tap_after(const Architecture& architecture, std::int64_t producer) {
  const std::vector<std::int64_t> readers = readers_of(architecture, producer);
  require(readers.size() == 1 && node_at(architecture, readers[0]).operation == Operation::relu,
          "layer {} of {} is not followed by a ReLU, so its units have no tap", node_at(architecture, producer).name,
          architecture.name);
  return readers[0];
}

}  // namespace

std::int64_t UnitGraph::total_units() const {
  std::int64_t total = 0;
  for (const UnitLayer& layer : layers) total += layer.units;
  return total;
}

UnitGraph derive_units(const Architecture& architecture) {
  UnitGraph graph;
  const auto last = static_cast<std::int64_t>(architecture.nodes.size()) - 1;
  for (std::int64_t i = 0; i < last; ++i) {
    const Node& node = node_at(architecture, i);
    if (node.operation != Operation::linear) continue;
    UnitLayer layer{.name = node.name,
                    .units = node.out_features,
                    .producer = i,
                    .tap = tap_after(architecture, i),
                    .produced_by = {},
                    .read_by = {}};
    layer.produced_by = {{.parameter = node.name + ".weight"}, {.parameter = node.name + ".bias"}};
    collect_readers(architecture, layer.tap, 1, layer.read_by);
    graph.layers.push_back(std::move(layer));
  }
  return graph;
}

Architecture shrunken_architecture(const Architecture& architecture, const UnitGraph& units, const KeptUnits& kept) {
  Architecture shrunken = architecture;
  for (const UnitLayer& layer : units.layers) {
    const auto entry = kept.find(layer.name);
    if (entry == kept.end()) continue;
    const auto count = static_cast<std::int64_t>(entry->second.size());
    shrunken.nodes[static_cast<std::size_t>(layer.producer)].out_features = count;
    for (const ParameterSlot& slot : layer.read_by) {
      const auto reader = std::ranges::find_if(
          shrunken.nodes, [&](const Node& node) { return node.name + ".weight" == slot.parameter; });
      reader->in_features = count * slot.span;
    }
  }
  return shrunken;
}

}  // namespace neusemslice
