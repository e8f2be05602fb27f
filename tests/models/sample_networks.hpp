#pragma once

#include <cstdint>
#include <vector>

#include "models/network.hpp"
#include "models/units.hpp"

namespace neusemslice::test_support {

/// Small networks for images of one shape (at least 28 x 28) that together hold every operation in every form: linear
/// layers alone; overlapping pools with padding, layers without bias, dropout; residual blocks with and without
/// downsampling, batch norm, a sum of three; adaptive pooling to equal, ragged and repeated windows. Weights and
/// running statistics are random.
std::vector<Network> sample_networks(const std::vector<std::int64_t>& image, std::int64_t categories);

/// The architecture with random parameters, and batch norm that does something.
Network random_network(const Architecture& architecture, std::uint64_t seed);

/// Two of three units of every layer, which coupled layers agree on.
KeptUnits two_of_three(const UnitGraph& units);

}  // namespace neusemslice::test_support
