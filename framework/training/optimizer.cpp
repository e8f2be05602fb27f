#include "training/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

/// Of a convolution's weight. Above it, the way back over chosen channels takes longer than the one over all that it
/// saves: tests/benchmarks/readaptation_benchmark.cpp, with other shares.
constexpr double kLargestBlock = 2.0 / 3;

/// Whether a gradient of the part alone is worth it. Biases and batch norms have vectors, which cost nothing.
bool is_block_of_weight(const at::Tensor& parameter, const TrainableRegion& region, std::int64_t trained) {
  if (parameter.dim() < 2 || region.entries.defined() || is_whole(region)) return false;
  return parameter.dim() == 2 || static_cast<double>(trained) <= kLargestBlock * static_cast<double>(parameter.numel());
}

}  // namespace

double learning_rate_at(const RecipeConfig& recipe, std::int64_t epoch) {
  if (recipe.schedule == "cosine") {
    const double progress = static_cast<double>(epoch) / static_cast<double>(recipe.epochs);
    return recipe.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * progress));
  }
  if (recipe.schedule == "step") {
    return recipe.learning_rate * std::pow(recipe.step_factor, static_cast<double>(epoch / recipe.step_epochs));
  }
  return recipe.learning_rate;
}

Optimizer::Optimizer(Network& network, const TrainableParameters& trainable, const RecipeConfig& recipe)
    : recipe_(recipe) {
  for (const auto& [name, region] : trainable) {
    at::Tensor& parameter = network.parameters.at(name);
    const at::Tensor part = gather_region(parameter, region);
    if (part.numel() == 0) continue;
    parts_.push_back(part);
    const bool is_block = is_block_of_weight(parameter, region, part.numel());
    if (is_block) blocks_.emplace(name, WeightBlock{part, region.rows, region.columns});
    leaves_.push_back(is_block ? part : parameter);
    leaves_.back().set_requires_grad(true);
    names_.push_back(name);
    parameters_.push_back(parameter);
    regions_.push_back(region);
    const bool adam = recipe.optimizer == "adam";
    if (adam || recipe.momentum != 0) first_moments_.push_back(at::zeros_like(part));  // the SGD kernel insists on this
    if (!adam) continue;
    second_moments_.push_back(at::zeros_like(part));
    steps_.push_back(at::zeros({}, part.options().dtype(at::kFloat)));
  }
  require(!parameters_.empty(), "nothing to train: no parameter entry was selected");
}

Optimizer::~Optimizer() {
  for (at::Tensor& parameter : parameters_) parameter.set_requires_grad(false);
}

void Optimizer::step(const at::Tensor& loss, double learning_rate) {
  std::vector<at::Tensor> gradients = torch::autograd::grad({loss}, leaves_);
  at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!blocks_.contains(names_[i])) gradients[i] = gather_region(gradients[i], regions_[i]);
  }
  if (recipe_.optimizer == "adam") {
    at::_foreach_add_(steps_, 1);
    at::_fused_adam_(parts_, gradients, first_moments_, second_moments_, {}, steps_, learning_rate, kBeta1, kBeta2,
                     recipe_.weight_decay, kEpsilon, /*amsgrad=*/false, /*maximize=*/false);
  } else {
    // Without dampening, the first step is like any other from a momentum of zero.
    at::_fused_sgd_(parts_, gradients, first_moments_, recipe_.weight_decay, recipe_.momentum, learning_rate,
                    /*dampening=*/0.0, /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false);
  }
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!is_whole(regions_[i])) scatter_region(parameters_[i], regions_[i], parts_[i]);
  }
}

TensorMap Optimizer::state() const {
  TensorMap state;
  const auto add = [&](const std::string& kind, const std::vector<at::Tensor>& tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) state.emplace(kind + "/" + names_[i], tensors[i]);
  };
  add("parameter", parameters_);
  add("first_moment", first_moments_);
  add("second_moment", second_moments_);
  add("steps", steps_);
  return state;
}

bool Optimizer::load_state(const TensorMap& saved) {
  TensorMap own = state();
  if (!have_same_layout(own, saved)) return false;
  at::NoGradGuard no_grad;
  for (auto& [name, tensor] : own) tensor.copy_(saved.at(name));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!is_whole(regions_[i])) parts_[i].copy_(gather_region(parameters_[i], regions_[i]));
  }
  return true;
}

}  // namespace neusemslice
