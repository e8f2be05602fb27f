#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/architecture.hpp"

namespace neusemslice {

/// Where a unit lives in a tensor of the `state_dict`: unit u owns the entries [u * span, (u + 1) * span) of dimension
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
  std::int64_t producer = 0;  ///< node whose output is z
  std::int64_t tap = 0;       ///< node whose output is the unit's value; layers that an addition joins share one
  std::size_t group = 0;      ///< position in UnitGraph::groups

  bool operator==(const UnitLayer&) const = default;
};

/// Layers whose channels are added together and so can only be removed together (method.md section 1, "Coupled
/// units"); most groups have one member. Unit u of a group is unit u of every member.
struct UnitGroup {
  std::vector<std::size_t> layers;         ///< positions in UnitGraph::layers, ascending
  std::vector<ParameterSlot> produced_by;  ///< rows that go when a unit goes
  std::vector<ParameterSlot> read_by;      ///< columns that go when a unit goes
  std::vector<ParameterSlot> measured_by;  ///< batch norm's running statistics, which are no parameters

  bool operator==(const UnitGroup&) const = default;
};

/// What produces, what reads and what is coupled, derived once per architecture; masks, shrinking, pruning and partial
/// training all go by it. The classifier's last layer has no units: its outputs are the categories. Nor have layers
/// whose channels are added to the input or to the logits.
struct UnitGraph {
  std::vector<UnitLayer> layers;  ///< in the order of the network
  std::vector<UnitGroup> groups;  ///< in the order of their first members

  [[nodiscard]] std::int64_t total_units() const;
};

/// Throws InputError for a network without units, and for one whose layers with units are not followed by a ReLU,
/// directly or behind batch norm and additions, or are followed by batch norm behind that ReLU.
UnitGraph derive_units(const Architecture& architecture);

/// For each layer the kept units, sorted. All members of a group must agree (slicing's union sees to that).
using KeptUnits = std::map<std::string, std::vector<std::int64_t>>;

/// The kept units of a group; nullptr when `kept` does not name it. Throws Error when its members disagree, and when
/// nothing is kept.
const std::vector<std::int64_t>* kept_of_group(const UnitGraph& units, const UnitGroup& group, const KeptUnits& kept);

/// The architecture left when only the kept units stay; a layer that is not named keeps all.
Architecture shrunken_architecture(const Architecture& architecture, const UnitGraph& units, const KeptUnits& kept);

}  // namespace neusemslice
