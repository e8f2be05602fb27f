#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "models/architecture.hpp"

namespace neusemslice {

/// Parameters by their `state_dict` name.
using Parameters = std::map<std::string, at::Tensor>;

/// An architecture with its parameters (float32, all on one device).
struct Network {
  Architecture architecture;
  Parameters parameters;

  [[nodiscard]] at::Device device() const { return parameters.begin()->second.device(); }
  [[nodiscard]] Network to(at::Device device) const;
};

/// PyTorch's default: weights and biases uniform in +-1/sqrt(inputs), each tensor from its own named stream of the
/// seed.
Network make_network(const Architecture& architecture, std::uint64_t seed);

/// Multiplies the tap of a node by a vector (units), by node position.
using TapMasks = std::map<std::int64_t, at::Tensor>;

/// Logits (samples, categories) of a normalised batch (samples, channels, height, width).
at::Tensor forward(const Network& network, const at::Tensor& batch, const TapMasks& masks = {});

/// The output of every node, in their order.
std::vector<at::Tensor> forward_all(const Network& network, const at::Tensor& batch);

/// The gradient with respect to an affine node's input, from that to its output; any number of leading dimensions.
at::Tensor affine_input_gradient(const Network& network, const Node& node, const at::Tensor& output_gradient);

}  // namespace neusemslice
