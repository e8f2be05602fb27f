#pragma once

#include <cstddef>
#include <vector>

#include <ATen/ATen.h>

#include "baselines/compared_layers.hpp"

namespace neusemslice {

// The module search of DeepArc (Ren et al., "DeepArc: Modularizing Neural Networks for the Model Maintenance",
// ICSE 2023): neighbouring layers that do nearly the same form a module, in which all but one are redundant.

inline constexpr double kRedundantAbove = 0.99;

/// Neighbouring layers [first, last], by position.
struct LayerModule {
  std::size_t first = 0;
  std::size_t last = 0;

  [[nodiscard]] std::size_t size() const { return last - first + 1; }
  bool operator==(const LayerModule&) const = default;
};

/// The similarity of every layer with the next: the diagonal above the main one.
std::vector<double> adjacent_similarities(const at::Tensor& similarity);

/// Every layer in one module, in order. A module grows while the next layer's similarity to its neighbour is strictly
/// above the threshold: {0.995, 0.97, 0.999} at 0.99 gives [0, 1], [2, 3]. (The authors' code ends the last module one
/// layer too late; this does not.) n - 1 similarities are of n layers.
std::vector<LayerModule> find_modules(const std::vector<double>& adjacent, double threshold = kRedundantAbove);

/// The share of layers that are in modules of two or more.
double modularity(const std::vector<LayerModule>& modules);

/// Positions of the layers that can go: of every module all removable ones but the first layer. The first stays because
/// everything before it stays too, so it computes exactly what it did; another would have to work on an input that it
/// was not trained on. It also is what the NeuSemSlice paper's AlexNet implies: of the module of its last convolution
/// and first linear layer, the linear layer goes (87.97 % of the parameters).
std::vector<std::size_t> redundant_layers(const std::vector<ComparedLayer>& layers,
                                          const std::vector<LayerModule>& modules);

}  // namespace neusemslice
