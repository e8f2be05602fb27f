#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/architecture.hpp"

namespace neusemslice {

/// What of a network is compared with each other.
enum class Granularity {
  taps,    ///< every layer with units, at its tap (method.md section 1); layers that an addition joins count once
  blocks,  ///< residual blocks, at the ReLU behind the addition
};

/// Blocks where the network adds tensors, taps where it does not.
Granularity natural_granularity(const Architecture& architecture);

/// A layer or block: what happens to the output of node `input` until it is the output of node `output`.
struct ComparedLayer {
  std::string name;         ///< `state_dict` prefix: `features.3`, `layer1.0`
  std::int64_t input = 0;   ///< a dropout in front belongs to the layer
  std::int64_t output = 0;  ///< whose value is compared
  bool removable = false;   ///< whether DeepArc may take it out (layer_removal.hpp)

  bool operator==(const ComparedLayer&) const = default;
};

/// In the order of the network. Removable are the layers of a network that is one chain, and the blocks that add to
/// their own input (no downsampling) except the first block. Throws InputError for a network without units, and for
/// `blocks` of one without residual blocks.
std::vector<ComparedLayer> compared_layers(const Architecture& architecture, Granularity granularity);

}  // namespace neusemslice
