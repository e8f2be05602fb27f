#pragma once

#include <optional>

#include <ATen/ATen.h>

#include "models/network.hpp"

namespace neusemslice {

/// The linear layer or convolution `node` with its weight, of which only `block` has a gradient: the way back
/// multiplies the block's rows and columns alone, where the whole weight's gradient would be a third of a step's
/// arithmetic. Input and bias have theirs as usual.
at::Tensor apply_with_block(const Node& node, const at::Tensor& input, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const WeightBlock& block);

}  // namespace neusemslice
