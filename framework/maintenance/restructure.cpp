#include "maintenance/restructure.hpp"

#include <utility>

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
  for (const UnitGroup& group : units.groups) {
    const auto* indices = kept_of_group(units, group, kept);
    if (indices == nullptr) continue;
    at::Tensor mask = at::zeros({units.layers[group.layers.front()].units}, at::TensorOptions(at::kFloat));
    mask = mask.index_fill_(0, index_tensor(*indices, at::kCPU), 1).to(device);
    for (const std::size_t member : group.layers) masks.emplace(units.layers[member].tap, mask);
  }
  return masks;
}

Network shrink(const Network& network, const UnitGraph& units, const KeptUnits& kept) {
  Network shrunken{shrunken_architecture(network.architecture, units, kept), network.parameters, network.buffers};
  for (const UnitGroup& group : units.groups) {
    const auto* indices = kept_of_group(units, group, kept);
    if (indices == nullptr) continue;
    const at::Tensor entries = index_tensor(*indices, network.device());
    for (const auto& [slots, tensors] :
         {std::pair(&group.produced_by, &shrunken.parameters), std::pair(&group.read_by, &shrunken.parameters),
          std::pair(&group.measured_by, &shrunken.buffers)}) {
      for (const ParameterSlot& slot : *slots) {
        at::Tensor& tensor = tensors->at(slot.parameter);
        tensor = tensor.index_select(slot.dimension, slot_entries(entries, slot.span));
      }
    }
  }
  return shrunken;
}

double compression_rate(std::int64_t shrunken_parameters, std::int64_t original_parameters) {
  return 1.0 - static_cast<double>(shrunken_parameters) / static_cast<double>(original_parameters);
}

}  // namespace neusemslice
