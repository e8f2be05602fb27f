#pragma once

#include "models/network.hpp"
#include "models/units.hpp"

namespace neusemslice {

/// Masks that set every removed unit's tap to zero; layers that `kept` does not name keep all. Throws Error, as shrink
/// does, where the layers of a group disagree or nothing is kept.
TapMasks masks_of(const UnitGraph& units, const KeptUnits& kept, at::Device device);

/// The network without the removed units: their rows, their running statistics and the columns that read them are gone.
/// Its logits are those of the masked network up to rounding. Tensors that lose nothing are the original's own: clone
/// before training either.
Network shrink(const Network& network, const UnitGraph& units, const KeptUnits& kept);

/// 1 - parameters(shrunken) / parameters(original); batch norm's running statistics are no parameters.
double compression_rate(std::int64_t shrunken_parameters, std::int64_t original_parameters);

}  // namespace neusemslice
