#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "models/architecture.hpp"

namespace neusemslice {

/// Tensors by their `state_dict` name.
using Parameters = std::map<std::string, at::Tensor>;

inline constexpr double kBatchNormEpsilon = 1e-5;

/// An architecture with its parameters and buffers (float32, all on one device).
struct Network {
  Architecture architecture;
  Parameters parameters;
  Parameters buffers;  ///< batch norm's running statistics

  [[nodiscard]] at::Device device() const { return parameters.begin()->second.device(); }
  [[nodiscard]] Network to(at::Device device) const;
  /// The same with copies of all tensors.
  [[nodiscard]] Network clone() const;
};

/// Parameters as `architecture.initialisation` says, each tensor from its own named stream of the seed; batch norm
/// begins as the identity.
Network make_network(const Architecture& architecture, std::uint64_t seed);

/// Multiplies the tap of a node by a vector (units), by node position.
using TapMasks = std::map<std::int64_t, at::Tensor>;

/// Sees the output of a node as soon as it is computed.
using NodeVisitor = std::function<void(std::int64_t node, const at::Tensor& value)>;

/// Logits (samples, categories) of a normalised batch (samples, channels, height, width), in evaluation mode: batch
/// norm by its running statistics, no dropout. Values are freed as soon as nobody needs them; `visit`, when given, sees
/// those of the nodes in `visited`.
at::Tensor forward(const Network& network, const at::Tensor& batch, const TapMasks& masks = {});
at::Tensor forward(const Network& network, const at::Tensor& batch, const TapMasks& masks,
                   const std::vector<std::int64_t>& visited, const NodeVisitor& visit);

/// The output of every node, in their order, in evaluation mode.
std::vector<at::Tensor> forward_all(const Network& network, const at::Tensor& batch);

/// The most values of one sample that `forward` holds at a time, whatever it holds for batches: those that are still
/// read, and the output of the node at work.
std::int64_t most_live_values(const Architecture& architecture);

/// The channels in which batch norms measure the batch, by the norm's name: its statistics normalise them and move the
/// running ones (momentum 0.1, in place). Undefined (int64 positions otherwise): all of them. Other channels, and norms
/// that are not named, go by their running statistics, which stay.
using MeasuredChannels = std::map<std::string, at::Tensor>;

MeasuredChannels measure_everything(const Architecture& architecture);

/// The entries of a linear layer's or convolution's weight that lie in some rows (dimension 0) and columns (dimension
/// 1). `values` holds them, contiguous and of the block's shape: the leaf that gets their gradient.
struct WeightBlock {
  at::Tensor values;
  at::Tensor rows;     ///< int64 positions; undefined: all
  at::Tensor columns;  ///< the same
};

/// By the weight's name.
using WeightBlocks = std::map<std::string, WeightBlock>;

/// Logits in training mode: with batch norm as `measured` says, and dropout, drawn from a stream of (seed, purpose).
/// Differentiable; of the weights in `blocks`, the block alone.
at::Tensor forward_training(Network& network, const at::Tensor& batch, std::uint64_t seed, const std::string& purpose,
                            const MeasuredChannels& measured, const WeightBlocks& blocks = {});

/// The output of one node from those of its inputs, in evaluation mode.
at::Tensor apply_node(const Network& network, const Node& node, const std::vector<at::Tensor>& inputs);

}  // namespace neusemslice
