#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <ATen/ATen.h>

#include "models/network.hpp"

namespace neusemslice {

/// The passes that go down through a network together, as one product a layer: Taylor's, which carries ordinary
/// gradients, and DeepLIFT's, which carries multipliers by the rules of method.md section 2. Each goes down to the node
/// that is named, Taylor's at least as far as DeepLIFT's.
struct PassesDown {
  std::optional<std::int64_t> taylor;
  std::optional<std::int64_t> deeplift;

  [[nodiscard]] bool taylor_reaches(std::int64_t node) const { return taylor && node >= *taylor; }
  [[nodiscard]] bool deeplift_reaches(std::int64_t node) const { return deeplift && node >= *deeplift; }
  /// How many of them reach a node.
  [[nodiscard]] std::int64_t count_at(std::int64_t node) const {
    return static_cast<std::int64_t>(taylor_reaches(node)) + static_cast<std::int64_t>(deeplift_reaches(node));
  }
};

/// The nodes whose values are read on the way: the inputs of ReLUs and of max poolings, ascending.
std::vector<std::int64_t> nodes_read_on_the_way_down(const Architecture& architecture, const PassesDown& passes);

/// Values of nodes by their position; undefined for those that nobody reads.
using NodeValues = std::vector<at::Tensor>;

/// Computes the network and holds the values of `nodes`, ascending; `visit`, when given, sees each as it is computed.
/// Returns the logits beside them.
struct HeldValues {
  NodeValues values;
  at::Tensor logits;
};
HeldValues forward_holding(const Network& network, const at::Tensor& batch, const std::vector<std::int64_t>& nodes,
                           const NodeVisitor& visit = {});

/// What arrives at a node's output, of its value's shape; undefined where a pass does not reach it.
struct NodeGradients {
  at::Tensor taylor;
  at::Tensor deeplift;
};

/// Sees a node's gradients before its value is freed; must not keep or change them.
using GradientVisitor = std::function<void(std::int64_t node, const at::Tensor& value, const NodeGradients& gradients)>;

/// Sends `logit_gradients`, (passes * samples, categories), Taylor's before DeepLIFT's, down through the network, and
/// shows every node's to `visit`. Values and gradients are freed as soon as nothing below needs them. `reference` holds
/// the values of DeepLIFT's baseline, one sample.
void go_down(const Network& network, const PassesDown& passes, NodeValues values, const NodeValues& reference,
             at::Tensor logit_gradients, const GradientVisitor& visit);

}  // namespace neusemslice
