#include "maintenance/trainable_part.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "models/zoo.hpp"

namespace neusemslice {
namespace {

/// The entries of a slot's dimension that belong to units; undefined where all do.
at::Tensor entries_of(const std::vector<std::int64_t>& kept, std::int64_t units, std::int64_t span, at::Device device) {
  if (static_cast<std::int64_t>(kept.size()) == units) return {};
  const at::Tensor indices = at::tensor(kept, at::TensorOptions(at::kLong)).to(device);
  if (span == 1) return indices;
  return (indices.unsqueeze(1) * span + at::arange(span, indices.options())).flatten();
}

const Node& layer_named(const std::string& name, const Architecture& architecture) {
  const auto node = std::ranges::find(architecture.nodes, name, &Node::name);
  const bool is_layer = node != architecture.nodes.end() &&
                        (node->operation == Operation::convolution || node->operation == Operation::linear);
  require_input(is_layer, "{}: '{}' is no convolution or linear layer of it", architecture.name, name);
  return *node;
}

}  // namespace

void require_layers(const Architecture& architecture, const std::vector<std::string>& layers) {
  for (const std::string& layer : layers) layer_named(layer, architecture);
}

TrainableParameters trainable_slice(const Network& network, const UnitGraph& units, const KeptUnits& kept) {
  TrainableParameters trainable = train_everything(network);
  for (const UnitGroup& group : units.groups) {
    const UnitLayer& first = units.layers[group.layers.front()];
    const auto of_group = kept.find(first.name);
    if (of_group == kept.end()) continue;
    const auto entries = [&](const ParameterSlot& slot) {
      return entries_of(of_group->second, first.units, slot.span, network.device());
    };
    for (const ParameterSlot& slot : group.produced_by) trainable.at(slot.parameter).rows = entries(slot);
    for (const ParameterSlot& slot : group.read_by) trainable.at(slot.parameter).columns = entries(slot);
  }
  return trainable;
}

TrainableParameters trainable_layers(const Network& network, const std::vector<std::string>& layers) {
  TrainableParameters trainable;
  for (const std::string& layer : layers) {
    trainable.emplace(layer + ".weight", TrainableRegion{});
    if (layer_named(layer, network.architecture).bias) trainable.emplace(layer + ".bias", TrainableRegion{});
  }
  return trainable;
}

TrainableParameters in_both(const TrainableParameters& part, const TrainableParameters& whole) {
  TrainableParameters both;
  for (const auto& [name, region] : part) {
    const auto found = whole.find(name);
    if (found == whole.end()) continue;
    require(is_whole(found->second), "{}: only a part of it trains on both sides", name);
    both.emplace(name, region);
  }
  return both;
}

double trained_parameter_ratio(const Network& network, const TrainableParameters& trainable) {
  return static_cast<double>(trainable_count(network, trainable)) /
         static_cast<double>(parameter_count(network.architecture));
}

}  // namespace neusemslice
