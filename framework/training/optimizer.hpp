#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "config/suite.hpp"
#include "models/safetensors.hpp"
#include "training/trainable.hpp"

namespace neusemslice {

/// The learning rate in an epoch (from 0) of a recipe.
double learning_rate_at(const RecipeConfig& recipe, std::int64_t epoch);

/// SGD with momentum or Adam (Kingma and Ba 2015; weight decay as L2) over any part of a network's parameters, by
/// LibTorch's fused kernels. Entries that do not train have no optimiser state and keep their bits.
class Optimizer {
 public:
  /// Keeps references to the network's tensors; sets requires_grad on exactly those that train. What trains in part
  /// must be changed by nobody else meanwhile.
  Optimizer(Network& network, const TrainableParameters& trainable, const RecipeConfig& recipe);

  /// Freezes the parameters again.
  ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// The weights that train in some rows and columns only (of a convolution, at most two thirds of the entries), for
  /// forward_training: their gradients are asked of these.
  [[nodiscard]] const WeightBlocks& blocks() const { return blocks_; }

  /// One step against the gradients of `loss` (a scalar), which forward_training gave with `blocks`.
  void step(const at::Tensor& loss, double learning_rate);

  /// All that a further step depends on, sharing memory with it: `parameter/<name>` (whole), `first_moment/<name>`,
  /// `second_moment/<name>` and `steps/<name>`, as far as the method has them.
  [[nodiscard]] TensorMap state() const;

  /// Copies a state back. False, and nothing is changed, unless its tensors are exactly this optimiser's by name, type
  /// and shape.
  [[nodiscard]] bool load_state(const TensorMap& state);

 private:
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  std::vector<TrainableRegion> regions_;
  std::vector<at::Tensor> parts_;   ///< the parameters' trained parts: themselves where they train whole, else copies
  std::vector<at::Tensor> leaves_;  ///< what gradients are asked of: the parts of blocks, else the parameters
  WeightBlocks blocks_;
  RecipeConfig recipe_;
  std::vector<at::Tensor> first_moments_;   ///< Adam's mean, or SGD's momentum
  std::vector<at::Tensor> second_moments_;  ///< Adam's uncentred variance
  std::vector<at::Tensor> steps_;           ///< Adam's count
};

}  // namespace neusemslice
