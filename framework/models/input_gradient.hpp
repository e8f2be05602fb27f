#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "models/network.hpp"

namespace neusemslice {

/// The gradient at a node's input from that at its output, (samples, ...) both, in evaluation mode: for the operations
/// whose derivative is the same at every input, which are all but relu, max_pool and input. `input_shape` is that of
/// one sample. Takes the gradient over: the result may share its memory, and batch norm scales it in place.
at::Tensor input_gradient(const Network& network, const Node& node, const at::Tensor& gradient,
                          const std::vector<std::int64_t>& input_shape);

}  // namespace neusemslice
