#pragma once

#include <map>
#include <string>

#include <ATen/ATen.h>

#include "models/network.hpp"

namespace neusemslice {

/// The linear layer or convolution `node` with its own weight, of which only `block` has a gradient: the way back
/// multiplies the block's rows and columns alone, where the whole weight's gradient would be a third of a step's
/// arithmetic. Input and bias have theirs as usual.
at::Tensor apply_with_block(const Network& network, const Node& node, const at::Tensor& input,
                            const WeightBlock& block);

}  // namespace neusemslice
