#pragma once

#include <vector>

#include "models/network.hpp"

namespace neusemslice::test_support {

/// Networks for images of (3, 9, 9) and four categories that together hold every operation in every form in which it
/// can be exported: the toys (support/toy_networks.hpp), and one with a sum of three, a linear layer without bias and
/// adaptive pooling to equal and to repeated windows.
std::vector<Network> exportable_networks();

}  // namespace neusemslice::test_support
