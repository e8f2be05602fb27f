#include "contribution/scorer.hpp"

#include <algorithm>
#include <set>

#include <ATen/core/grad_mode.h>

#include "contribution/batch_size.hpp"
#include "contribution/score_sums.hpp"
#include "contribution/way_down.hpp"
#include "core/stop.hpp"
#include "data/batch_source.hpp"
#include "parallel/shard.hpp"
#include "parallel/together.hpp"

namespace neusemslice {
namespace {

at::Tensor one_hot_rows(const at::Tensor& logits, std::int64_t category) {
  at::Tensor rows = at::zeros_like(logits);
  rows.select(1, category).fill_(1);
  return rows;
}

/// d(sum of cross entropies)/d(logits), and d(logit of the category)/d(logits), as asked for.
at::Tensor logit_gradients(const at::Tensor& logits, std::int64_t category, const ScoreParts& parts) {
  const at::Tensor target = one_hot_rows(logits, category);
  std::vector<at::Tensor> passes;
  if (parts.taylor) passes.push_back(logits.softmax(1) - target);
  if (parts.deeplift) passes.push_back(target);
  return at::cat(passes);
}

using LayerSums = std::map<std::string, ScoreSums>;

ShardRange own_categories(const std::vector<at::Tensor>& positions, const Communicator& communicator) {
  return shard_range(static_cast<std::int64_t>(positions.size()), communicator.rank(), communicator.size());
}

/// What a batch needs on its way through the network: how far down its passes go, and which values they meet there.
struct ScoringPlan {
  ScoreParts parts;
  PassesDown passes;
  std::vector<std::int64_t> held;  ///< nodes whose values are kept for the way down, and the taps, ascending

  ScoringPlan(const Architecture& architecture, const UnitGraph& units, const ScoreParts& of_metrics)
      : parts(of_metrics) {
    const auto lowest = [&](auto member) { return std::ranges::min(units.layers, {}, member).*member; };
    if (parts.taylor) passes.taylor = lowest(&UnitLayer::producer);
    if (parts.deeplift) passes.deeplift = lowest(&UnitLayer::tap);
    std::set<std::int64_t> nodes;
    for (const std::int64_t node : nodes_read_on_the_way_down(architecture, passes)) nodes.insert(node);
    for (const UnitLayer& layer : units.layers) {
      nodes.insert(layer.tap);
      if (parts.taylor) nodes.insert(layer.producer);
    }
    held.assign(nodes.begin(), nodes.end());
  }

  [[nodiscard]] bool goes_down() const { return parts.taylor || parts.deeplift; }
};

void add_batch(const Network& network, const UnitGraph& units, const ScoringPlan& plan, const at::Tensor& batch,
               const NodeValues& reference, std::int64_t category, LayerSums& sums) {
  const auto add_values = [&](std::int64_t node, const at::Tensor& value) {
    for (const UnitLayer& layer : units.layers) {
      if (layer.tap == node && plan.parts.moments) sums[layer.name].add_values(value);
    }
  };
  const auto add_gradients = [&](std::int64_t node, const at::Tensor& value, const NodeGradients& gradients) {
    for (const UnitLayer& layer : units.layers) {
      if (layer.tap == node && plan.parts.deeplift) {
        sums[layer.name].add_attributions(value, reference[static_cast<std::size_t>(node)], gradients.deeplift);
      }
      if (layer.producer == node && plan.parts.taylor) sums[layer.name].add_sensitivities(value, gradients.taylor);
    }
  };
  if (!plan.goes_down()) {
    forward(network, batch, {}, plan.held, add_values);
    return;
  }
  HeldValues held = forward_holding(network, batch, plan.held, add_values);
  go_down(network, plan.passes, std::move(held.values), reference, logit_gradients(held.logits, category, plan.parts),
          add_gradients);
}

/// The baseline input of DeepLIFT, (1, channels, height, width): zeros, or the mean over the scored samples, each rank
/// having summed its categories and all being added in their order. On the host.
at::Tensor reference_input(const Network& network, const LabelledImages& images, const Normalisation& normalisation,
                           const std::vector<at::Tensor>& positions, const ContributionConfig& config,
                           std::int64_t batch_size, Communicator& communicator) {
  std::vector<std::int64_t> shape = network.architecture.input_shape;
  shape.insert(shape.begin(), 1);
  if (config.deeplift_baseline == "zeros") return at::zeros(shape, at::kFloat);
  const auto sums = gather_together(communicator, [&] {
    const auto [begin, end] = own_categories(positions, communicator);
    at::Tensor own = at::zeros({end - begin, shape[1], shape[2], shape[3]}, at::kDouble);
    for (std::int64_t category = begin; category < end; ++category) {
      at::Tensor sum = at::zeros(shape, at::TensorOptions(at::kDouble).device(network.device()));
      BatchSource batches(images, normalisation, network.device(), positions[static_cast<std::size_t>(category)],
                          batch_size);
      while (!batches.done()) {
        throw_if_stopped();
        sum += batches.next().images.sum(0, true, at::kDouble);
      }
      own[category - begin].copy_(sum[0]);
    }
    return own;
  });
  at::Tensor total = at::zeros(shape, at::kDouble);
  for (const at::Tensor& of_category : at::cat(sums).split(1)) total += of_category;
  std::int64_t count = 0;
  for (const at::Tensor& of_category : positions) count += of_category.numel();
  return (total / static_cast<double>(count)).to(at::kFloat);
}

/// The sums of one category, all layers side by side: (kPackedRows, units of all layers).
at::Tensor packed(const UnitGraph& units, const LayerSums& sums) {
  std::vector<at::Tensor> layers;
  for (const UnitLayer& layer : units.layers) {
    const auto found = sums.find(layer.name);
    layers.push_back(found == sums.end() ? ScoreSums().packed(layer.units) : found->second.packed(layer.units));
  }
  return at::cat(layers, 1);
}

LayerSums unpacked(const UnitGraph& units, const at::Tensor& rows) {
  LayerSums sums;
  std::int64_t column = 0;
  for (const UnitLayer& layer : units.layers) {
    sums[layer.name] = ScoreSums::unpacked(rows.slice(1, column, column + layer.units));
    column += layer.units;
  }
  return sums;
}

Scores scores_of(const UnitGraph& units, const std::vector<LayerSums>& by_category, const ContributionConfig& config) {
  Scores scores;
  for (const UnitLayer& layer : units.layers) {
    ScoreSums total;
    std::map<std::string, std::vector<at::Tensor>> rows;
    for (const LayerSums& sums : by_category) {
      const ScoreSums& of_layer = sums.at(layer.name);
      for (const auto& [metric, score] : of_layer.scores(config, layer.units)) rows[metric].push_back(score);
      total.merge(of_layer);
    }
    for (const auto& [metric, global] : total.scores(config, layer.units)) {
      scores[layer.name][metric] = {at::stack(rows[metric]), global};
    }
  }
  return scores;
}

}  // namespace

Scores score_contributions(const Network& network, const UnitGraph& units, const LabelledImages& images,
                           const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                           const ContributionConfig& config) {
  SingleCommunicator alone;
  return score_contributions(network, units, images, normalisation, positions, config, alone);
}

Scores score_contributions(const Network& network, const UnitGraph& units, const LabelledImages& images,
                           const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                           const ContributionConfig& config, Communicator& communicator) {
  at::NoGradGuard no_grad;
  const ScoringPlan plan(network.architecture, units, parts_of(config.metrics));
  const std::int64_t batch_size = scoring_batch_size(network.architecture, units, config);
  at::Tensor baseline;
  if (plan.parts.deeplift) {
    baseline = reference_input(network, images, normalisation, positions, config, batch_size, communicator);
  }
  const auto sums = gather_together(communicator, [&] {
    NodeValues reference;
    if (plan.parts.deeplift) {
      reference = forward_holding(network, baseline.to(network.device()), plan.held).values;
    }
    const auto [begin, end] = own_categories(positions, communicator);
    at::Tensor own = at::zeros({end - begin, ScoreSums::kPackedRows, units.total_units()}, at::kDouble);
    for (std::int64_t category = begin; category < end; ++category) {
      LayerSums of_layers;
      BatchSource batches(images, normalisation, network.device(), positions[static_cast<std::size_t>(category)],
                          batch_size);
      while (!batches.done()) {
        throw_if_stopped();
        const at::Tensor batch = batches.next().images;
        if (batch.size(0) == 0) break;
        add_batch(network, units, plan, batch, reference, category, of_layers);
      }
      own[category - begin].copy_(packed(units, of_layers));
    }
    return own;
  });
  std::vector<LayerSums> by_category;
  for (const at::Tensor& of_category : at::cat(sums).unbind()) by_category.push_back(unpacked(units, of_category));
  return scores_of(units, by_category, config);
}

std::map<std::string, at::Tensor> deeplift_attributions(const Network& network, const UnitGraph& units,
                                                        const at::Tensor& batch, const at::Tensor& reference,
                                                        std::int64_t target) {
  at::NoGradGuard no_grad;
  const ScoringPlan plan(network.architecture, units, {.deeplift = true});
  const NodeValues at_reference = forward_holding(network, reference, plan.held).values;
  HeldValues held = forward_holding(network, batch, plan.held);
  std::map<std::string, at::Tensor> result;
  go_down(network, plan.passes, std::move(held.values), at_reference, one_hot_rows(held.logits, target),
          [&](std::int64_t node, const at::Tensor& value, const NodeGradients& gradients) {
            for (const UnitLayer& layer : units.layers) {
              if (layer.tap != node) continue;
              const at::Tensor by_position =
                  (value - at_reference[static_cast<std::size_t>(node)]) * gradients.deeplift;
              result[layer.name] = by_position.dim() == 2 ? by_position : by_position.flatten(2).sum(2);
            }
          });
  return result;
}

}  // namespace neusemslice
