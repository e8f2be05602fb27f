#include "baselines/pruning.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/core/grad_mode.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

using Counts = std::vector<std::int64_t>;

constexpr double kLastLayerFloor = 0.2;  // Uniform+: the share of the last layer that always stays

/// Half to even, the default rounding of floating-point numbers.
std::int64_t rounded(double value) {
  return static_cast<std::int64_t>(std::nearbyint(value));
}

std::int64_t total(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

at::Tensor kept_magnitudes(const PrunableWeight& weight) {
  return weight.values.detach().abs().masked_select(weight.kept);
}

std::vector<at::Tensor> of_all(const std::vector<PrunableWeight>& weights,
                               at::Tensor (*scores)(const PrunableWeight&)) {
  std::vector<at::Tensor> result;
  for (const PrunableWeight& weight : weights) result.push_back(scores(weight));
  return result;
}

/// From 1. On a GPU LibTorch's kthvalue goes through a vector with a single block of threads; sorting takes less.
at::Tensor kth_smallest(const at::Tensor& values, std::int64_t k) {
  return values.is_cuda() ? std::get<0>(values.sort())[k - 1] : std::get<0>(values.kthvalue(k));
}

/// Every score that reaches the `survivors`-th largest of all counts, so that ties at it may keep more.
Counts counts_reaching(const std::vector<at::Tensor>& scores, std::int64_t survivors) {
  const at::Tensor all = at::cat(scores);
  Counts counts(scores.size(), 0);
  if (survivors <= 0) return counts;
  const at::Tensor threshold = kth_smallest(all, all.numel() - survivors + 1);
  for (std::size_t i = 0; i < scores.size(); ++i) counts[i] = scores[i].ge(threshold).sum().item<std::int64_t>();
  return counts;
}

/// The `removed` smallest of all go; of equal ones those of earlier layers.
Counts counts_above_smallest(const std::vector<at::Tensor>& magnitudes, std::int64_t removed) {
  Counts counts;
  for (const at::Tensor& layer : magnitudes) counts.push_back(layer.numel());
  if (removed <= 0) return counts;
  const at::Tensor threshold = kth_smallest(at::cat(magnitudes), removed);
  std::int64_t left = removed;
  for (std::size_t i = 0; i < magnitudes.size(); ++i) {
    const auto below = magnitudes[i].lt(threshold).sum().item<std::int64_t>();
    counts[i] -= below;
    left -= below;
  }
  for (std::size_t i = 0; i < magnitudes.size() && left > 0; ++i) {
    const std::int64_t equal = std::min(left, magnitudes[i].eq(threshold).sum().item<std::int64_t>());
    counts[i] -= equal;
    left -= equal;
  }
  return counts;
}

std::optional<Counts> lamp_counts(const std::vector<PrunableWeight>& weights, const Counts& kept, double rate) {
  return counts_reaching(of_all(weights, lamp_scores), rounded(static_cast<double>(total(kept)) * (1 - rate)));
}

std::optional<Counts> global_counts(const std::vector<PrunableWeight>& weights, const Counts& kept, double rate) {
  return counts_above_smallest(of_all(weights, kept_magnitudes), rounded(rate * static_cast<double>(total(kept))));
}

bool is_convolution(const PrunableWeight& weight) {
  return weight.values.dim() == 4;
}

std::optional<Counts> uniform_plus_counts(const std::vector<PrunableWeight>& weights, const Counts& kept, double rate) {
  const auto all = static_cast<double>(total(kept));
  const std::size_t first = is_convolution(weights.front()) ? 1 : 0;  // of the layers that are pruned
  const std::size_t last = weights.size() - 1;
  const auto removed = static_cast<double>(rounded(rate * all));
  double share = removed / (all - (first == 1 ? static_cast<double>(kept.front()) : 0.0));
  if (!(share <= 1)) return std::nullopt;
  Counts counts = kept;
  std::size_t end = weights.size();
  const std::int64_t floor = rounded(kLastLayerFloor * static_cast<double>(weights[last].values.numel()));
  if (rounded((1 - share) * static_cast<double>(kept[last])) < floor) {
    const double middle = static_cast<double>(
        std::accumulate(kept.begin() + static_cast<std::ptrdiff_t>(first), kept.end() - 1, std::int64_t{0}));
    share = (removed - static_cast<double>(kept[last] - floor)) / middle;
    if (!(share >= 0 && share <= 1)) return std::nullopt;
    counts[last] = floor;
    end = last;
  }
  for (std::size_t i = first; i < end; ++i) counts[i] = kept[i] - rounded(share * static_cast<double>(kept[i]));
  return counts;
}

/// Outputs + inputs + the kernel's sides.
double erk_weight(const PrunableWeight& weight) {
  const auto sizes = weight.values.sizes();
  return static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}));
}

/// While a layer would need more weights than it has, the one that lacks most stays as it is, and the others share.
std::optional<Counts> erk_counts(const std::vector<PrunableWeight>& weights, const Counts& kept, double rate) {
  Counts counts = kept;
  std::vector<bool> dense(weights.size(), false);
  while (true) {
    double survivors = (1 - rate) * static_cast<double>(total(kept));
    double raw = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (dense[i])
        survivors -= static_cast<double>(kept[i]);
      else
        raw += erk_weight(weights[i]);
    }
    std::optional<std::size_t> fullest;
    double largest = 1;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (dense[i]) continue;
      counts[i] = rounded(survivors * erk_weight(weights[i]) / raw);
      const double density = static_cast<double>(counts[i]) / static_cast<double>(kept[i]);
      if (density > largest) {
        largest = density;
        fullest = i;
      }
    }
    if (!fullest) return counts;
    dense[*fullest] = true;
    counts[*fullest] = kept[*fullest];
  }
}

at::Tensor without_smallest(const PrunableWeight& weight, std::int64_t removed) {
  const at::Tensor magnitudes = weight.values.detach().abs();
  const at::Tensor threshold = kth_smallest(magnitudes.masked_select(weight.kept), removed);
  const at::Tensor below = magnitudes.lt(threshold).logical_and_(weight.kept);
  const at::Tensor equal = magnitudes.eq(threshold).logical_and_(weight.kept);
  const at::Tensor first_equal =
      equal.view({-1}).cumsum(0).le(removed - below.sum()).view(equal.sizes()).logical_and_(equal);
  return weight.kept.logical_and(below.logical_or(first_equal).logical_not_());
}

}  // namespace

const std::vector<std::string>& pruning_method_names() {
  static const std::vector<std::string> names = {"lamp", "global", "uniform_plus", "erk"};
  return names;
}

PruningMethod pruning_method(const std::string& name) {
  const auto found = std::ranges::find(pruning_method_names(), name);
  require(found != pruning_method_names().end(), "'{}' is no pruning method", name);
  return static_cast<PruningMethod>(found - pruning_method_names().begin());
}

std::vector<PrunableWeight> prunable_weights(const Network& network) {
  std::vector<PrunableWeight> weights;
  for (const Node& node : network.architecture.nodes) {
    if (node.operation != Operation::convolution && node.operation != Operation::linear) continue;
    const std::string name = node.name + ".weight";
    const at::Tensor& values = network.parameters.at(name);
    weights.push_back({name, values, at::ones_like(values, at::kBool)});
  }
  return weights;
}

std::vector<std::int64_t> kept_counts(const std::vector<PrunableWeight>& weights) {
  std::vector<std::int64_t> counts;
  for (const PrunableWeight& weight : weights) counts.push_back(weight.kept.sum().item<std::int64_t>());
  return counts;
}

std::optional<std::vector<std::int64_t>> counts_after_pruning(const std::vector<PrunableWeight>& weights,
                                                              PruningMethod method, double rate) {
  at::NoGradGuard no_grad;
  const Counts kept = kept_counts(weights);
  switch (method) {
    case PruningMethod::lamp:
      return lamp_counts(weights, kept, rate);
    case PruningMethod::global:
      return global_counts(weights, kept, rate);
    case PruningMethod::uniform_plus:
      return uniform_plus_counts(weights, kept, rate);
    case PruningMethod::erk:
      return erk_counts(weights, kept, rate);
  }
  throw Error("no such pruning method");
}

void keep_largest(std::vector<PrunableWeight>& weights, const std::vector<std::int64_t>& counts) {
  at::NoGradGuard no_grad;
  const Counts kept = kept_counts(weights);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    require(0 <= counts.at(i) && counts[i] <= kept[i], "{}: {} weights to keep of {}", weights[i].name, counts[i],
            kept[i]);
    if (counts[i] < kept[i]) weights[i].kept = without_smallest(weights[i], kept[i] - counts[i]);
  }
}

void zero_pruned(Network& network, const std::vector<PrunableWeight>& weights) {
  at::NoGradGuard no_grad;
  for (const PrunableWeight& weight : weights) {
    network.parameters.at(weight.name).masked_fill_(weight.kept.logical_not(), 0);
  }
}

at::Tensor lamp_scores(const PrunableWeight& weight) {
  // On the host, where sums are the same every time. The largest layers hold a hundred million weights: in place where
  // it can be.
  at::Tensor squares = std::get<0>(kept_magnitudes(weight).sort()).cpu().to(at::kDouble).square_();
  at::Tensor not_smaller = squares.flip(0).cumsum_(0).flip(0);
  return squares.div_(not_smaller.clamp_min_(std::numeric_limits<double>::min()));
}

}  // namespace neusemslice
