#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "models/network.hpp"

namespace neusemslice {

// Pruning single weights by magnitude (baselines.md section 3). The methods differ in how many weights each layer
// loses; which ones, the magnitudes within the layer say.

enum class PruningMethod {
  lamp,          ///< Lee et al. 2021: squares over the sum of the squares that are not smaller, ranked over all layers
  global,        ///< Morcos et al. 2019: magnitudes ranked over all layers
  uniform_plus,  ///< Gale et al. 2019: one share for all; a first convolution stays dense, the last layer keeps a fifth
  erk,           ///< Evci et al. 2019: densities after the layers' sums of dimensions
};

/// The names of all methods in configs, in the order of PruningMethod: "lamp", "global", "uniform_plus", "erk".
const std::vector<std::string>& pruning_method_names();
PruningMethod pruning_method(const std::string& name);

/// The weight of a convolution or linear layer; biases and batch norm are never pruned.
struct PrunableWeight {
  std::string name;
  at::Tensor values;  ///< (outputs, inputs[, kernel, kernel]) float32
  at::Tensor kept;    ///< bool, of that shape; a weight that is gone stays gone
};

/// Those of a network in the order in which they are computed, nothing gone yet.
std::vector<PrunableWeight> prunable_weights(const Network& network);

/// How many weights are kept of each.
std::vector<std::int64_t> kept_counts(const std::vector<PrunableWeight>& weights);

/// How many of each layer's weights are left once the share `rate` of all that are kept is removed; nothing where the
/// method's own rules cannot be met (Uniform+ has an end: the last layer's floor and the first layer's density).
/// Counts are rounded half to even.
std::optional<std::vector<std::int64_t>> counts_after_pruning(const std::vector<PrunableWeight>& weights,
                                                              PruningMethod method, double rate);

/// Keeps the `counts` largest by magnitude of each layer's kept weights; of equal ones those that come first go first.
void keep_largest(std::vector<PrunableWeight>& weights, const std::vector<std::int64_t>& counts);

/// Sets the network's weights that are gone to zero.
void zero_pruned(Network& network, const std::vector<PrunableWeight>& weights);

/// LAMP's scores of one layer's kept weights, ascending: (kept) float64, on the host. The largest is 1.
at::Tensor lamp_scores(const PrunableWeight& weight);

}  // namespace neusemslice
