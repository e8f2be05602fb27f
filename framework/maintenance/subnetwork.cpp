#include "maintenance/subnetwork.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>

#include <ATen/core/grad_mode.h>

#include "core/error.hpp"
#include "maintenance/trainable_part.hpp"

namespace neusemslice {
namespace {

const Node& output_layer(const Architecture& architecture) {
  const auto& nodes = architecture.nodes;
  const auto makes_outputs = [](const Node& node) {
    return node.operation == Operation::linear || node.operation == Operation::convolution;
  };
  const auto found = std::find_if(nodes.rbegin(), nodes.rend(), makes_outputs);
  require(found != nodes.rend(), "{} has no layer", architecture.name);
  return *found;
}

}  // namespace

KeptUnits free_units(const UnitGraph& units, const std::vector<KeptUnits>& used) {
  KeptUnits left;
  for (const UnitLayer& layer : units.layers) {
    std::set<std::int64_t> taken;
    for (const KeptUnits& kept : used) taken.insert(kept.at(layer.name).begin(), kept.at(layer.name).end());
    std::vector<std::int64_t>& of_layer = left[layer.name];
    for (std::int64_t unit = 0; unit < layer.units; ++unit) {
      if (!taken.contains(unit)) of_layer.push_back(unit);
    }
    require_input(!of_layer.empty(),
                  "layer '{}': the tasks learned before use all of its {} units, so none is left for another one",
                  layer.name, layer.units);
  }
  return left;
}

KeptUnits units_within(const KeptUnits& outer, const KeptUnits& inner) {
  KeptUnits whole;
  for (const auto& [layer, positions] : inner) {
    const std::vector<std::int64_t>& of_layer = outer.at(layer);
    for (const std::int64_t position : positions) {
      whole[layer].push_back(of_layer.at(static_cast<std::size_t>(position)));
    }
  }
  return whole;
}

TrainableParameters own_parameters(const Network& part, const UnitGraph& units, const Categories& categories) {
  TrainableParameters own;
  for (const UnitGroup& group : units.groups) {
    for (const auto* slots : {&group.produced_by, &group.read_by}) {
      for (const ParameterSlot& slot : *slots) own.emplace(slot.parameter, TrainableRegion{});
    }
  }
  const auto output = own.find(output_layer(part.architecture).name + ".weight");
  require(output != own.end(), "{}: the output layer reads no units", part.architecture.name);
  Categories rows = categories;
  std::ranges::sort(rows);
  output->second.rows = at::tensor(rows, at::TensorOptions(at::kLong)).to(part.device());
  return own;
}

void put_back(Network& network, const UnitGraph& units, const KeptUnits& kept, const Network& part) {
  at::NoGradGuard no_grad;
  const TrainableParameters places = trainable_slice(network, units, kept);
  for (const auto& [name, trained] : own_parameters(part, units, {})) {
    scatter_region(network.parameters.at(name), places.at(name), part.parameters.at(name));
  }
  for (const UnitGroup& group : units.groups) {
    for (const ParameterSlot& slot : group.measured_by) {
      const TrainableRegion& place = places.at(slot.parameter.substr(0, slot.parameter.rfind('.')) + ".weight");
      scatter_region(network.buffers.at(slot.parameter), place, part.buffers.at(slot.parameter));
    }
  }
}

}  // namespace neusemslice
