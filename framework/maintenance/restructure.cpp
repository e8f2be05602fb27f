#include "maintenance/restructure.hpp"

#include "core/error.hpp"

namespace neusemslice {
namespace {

at::Tensor index_tensor(const std::vector<std::int64_t>& kept, at::Device device) {
  return at::tensor(kept, at::TensorOptions(at::kLong)).to(device);
}

/// The entries of a slot's dimension that belong to the kept units.
at::Tensor slot_entries(const at::Tensor& kept, std::int64_t span) {
  if (span == 1) return kept;
  return (kept.unsqueeze(1) * span + at::arange(span, kept.options())).flatten();
}

}  // namespace

TapMasks masks_of(const UnitGraph& units, const KeptUnits& kept, at::Device device) {
  TapMasks masks;
  for (const UnitLayer& layer : units.layers) {
    const auto entry = kept.find(layer.name);
    if (entry == kept.end()) continue;
    at::Tensor mask = at::zeros({layer.units}, at::TensorOptions(at::kFloat).device(device));
    mask.index_fill_(0, index_tensor(entry->second, device), 1);
    masks.emplace(layer.tap, mask);
  }
  return masks;
}

Network shrink(const Network& network, const UnitGraph& units, const KeptUnits& kept) {
  Network shrunken{shrunken_architecture(network.architecture, units, kept), network.parameters};
  for (const UnitLayer& layer : units.layers) {
    const auto entry = kept.find(layer.name);
    if (entry == kept.end()) continue;
    require(!entry->second.empty(), "layer {} keeps no unit", layer.name);
    const at::Tensor indices = index_tensor(entry->second, network.device());
    for (const auto* slots : {&layer.produced_by, &layer.read_by}) {
      for (const ParameterSlot& slot : *slots) {
        at::Tensor& parameter = shrunken.parameters.at(slot.parameter);
        parameter = parameter.index_select(slot.dimension, slot_entries(indices, slot.span));
      }
    }
  }
  return shrunken;
}

double compression_rate(std::int64_t shrunken_parameters, std::int64_t original_parameters) {
  return 1.0 - static_cast<double>(shrunken_parameters) / static_cast<double>(original_parameters);
}

}  // namespace neusemslice
