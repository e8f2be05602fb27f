#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/architecture.hpp"

namespace neusemslice {

/// Where a unit lives in a parameter tensor: unit u owns the entries [u * span, (u + 1) * span) of dimension
/// `dimension`. Span is 1 for what produces a unit and for a layer that reads it directly, H*W for a linear layer
/// behind a flattening.
struct ParameterSlot {
  std::string parameter;
  std::int64_t dimension = 0;
  std::int64_t span = 1;

  bool operator==(const ParameterSlot&) const = default;
};

/// A layer whose outputs are units (method.md section 1).
struct UnitLayer {
  std::string name;  ///< `state_dict` prefix of the layer that makes the units
  std::int64_t units = 0;
  std::int64_t producer = 0;               ///< node whose output is z
  std::int64_t tap = 0;                    ///< node whose output is the unit's value
  std::vector<ParameterSlot> produced_by;  ///< rows that go when a unit goes
  std::vector<ParameterSlot> read_by;      ///< columns that go when a unit goes

  bool operator==(const UnitLayer&) const = default;
};

/// The layers with units in the order of the network. The classifier's last linear layer is not among them: its outputs
/// are the categories.
struct UnitGraph {
  std::vector<UnitLayer> layers;

  [[nodiscard]] std::int64_t total_units() const;
};

/// Derived once per architecture; throws Error for a network whose layers with units are not followed by a ReLU.
UnitGraph derive_units(const Architecture& architecture);

/// For each layer the kept units, sorted.
using KeptUnits = std::map<std::string, std::vector<std::int64_t>>;

/// The architecture left when only the kept units stay; a layer that is not named keeps all.
Architecture shrunken_architecture(const Architecture& architecture, const UnitGraph& units, const KeptUnits& kept);

}  // namespace neusemslice
