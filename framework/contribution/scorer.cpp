#include "contribution/scorer.hpp"

#include <functional>
#include <numeric>

#include <ATen/core/grad_mode.h>

#include "contribution/score_kernels.hpp"
#include "contribution/score_sums.hpp"
#include "core/error.hpp"
#include "core/stop.hpp"
#include "data/batch_source.hpp"
#include "parallel/shard.hpp"
#include "parallel/together.hpp"

namespace neusemslice {
namespace {

/// What a backward pass meets on its way down; gradients are stacked (passes, samples, ...), Taylor's before
/// DeepLIFT's.
struct BackwardVisitor {
  std::function<void(const UnitLayer&, const at::Tensor& gradients)> at_tap;
  std::function<void(const UnitLayer&, const at::Tensor& gradients)> at_producer;
};

/// One batch on its way through the network, with the values of every node and of the reference input.
class PairedPass {
 public:
  PairedPass(const Network& network, const UnitGraph& units, const std::vector<at::Tensor>& values,
             const std::vector<at::Tensor>& reference_values, bool taylor, bool deeplift)
      : network_(network),
        units_(units),
        values_(values),
        reference_(reference_values),
        taylor_(taylor),
        deeplift_(deeplift) {}

  /// Sends the gradients at the logits down to the lowest producer.
  void run(at::Tensor logit_gradients, const BackwardVisitor& visitor) {
    const auto& nodes = network_.architecture.nodes;
    std::vector<at::Tensor> gradients(nodes.size());
    gradients.back() = std::move(logit_gradients);
    const std::int64_t lowest = units_.layers.front().producer;
    for (auto i = static_cast<std::int64_t>(nodes.size()) - 1; i >= lowest; --i) {
      at::Tensor& gradient = gradients[static_cast<std::size_t>(i)];
      visit(i, gradient, visitor);
      if (i > lowest) {
        const auto input = static_cast<std::size_t>(nodes[static_cast<std::size_t>(i)].inputs[0]);
        add_to(gradients[input], input_gradient(static_cast<std::size_t>(i), gradient));
      }
      gradient.reset();
    }
  }

 private:
  void visit(std::int64_t node, const at::Tensor& gradient, const BackwardVisitor& visitor) const {
    for (const UnitLayer& layer : units_.layers) {
      if (layer.tap == node && visitor.at_tap) visitor.at_tap(layer, gradient);
      if (layer.producer == node && visitor.at_producer) visitor.at_producer(layer, gradient);
    }
  }

  [[nodiscard]] at::Tensor input_gradient(std::size_t index, const at::Tensor& gradient) const {
    const Node& node = network_.architecture.nodes[index];
    const auto input = node.inputs.empty() ? index : static_cast<std::size_t>(node.inputs[0]);
    switch (node.operation) {
      case Operation::linear:
        return affine_input_gradient(network_, node, gradient);
      case Operation::relu:
        return through_relu(input, gradient);
      case Operation::flatten: {
        std::vector<std::int64_t> shape = {gradient.size(0)};
        shape.insert(shape.end(), values_[input].sizes().begin(), values_[input].sizes().end());
        return gradient.reshape(shape);
      }
      case Operation::input:
        break;
    }
    throw Error("no gradient goes through the network's input");
  }

  /// In place: nobody else holds the gradient at a ReLU's output.
  [[nodiscard]] at::Tensor through_relu(std::size_t input, const at::Tensor& gradient) const {
    std::int64_t pass = 0;
    if (taylor_) relu_backward(values_[input], gradient[pass++]);
    if (deeplift_) rescale_backward(values_[input], reference_[input], gradient[pass]);
    return gradient;
  }

  static void add_to(at::Tensor& sum, at::Tensor addition) {
    sum = sum.defined() ? sum + addition : std::move(addition);
  }

  const Network& network_;
  const UnitGraph& units_;
  const std::vector<at::Tensor>& values_;
  const std::vector<at::Tensor>& reference_;
  bool taylor_;
  bool deeplift_;
};

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
  return at::stack(passes);
}

using LayerSums = std::map<std::string, ScoreSums>;

ShardRange own_categories(const std::vector<at::Tensor>& positions, const Communicator& communicator) {
  return shard_range(static_cast<std::int64_t>(positions.size()), communicator.rank(), communicator.size());
}

void add_batch(const Network& network, const UnitGraph& units, const at::Tensor& batch,
               const std::vector<at::Tensor>& reference, std::int64_t category, const ScoreParts& parts,
               LayerSums& sums) {
  const std::vector<at::Tensor> values = forward_all(network, batch);
  if (parts.moments) {
    for (const UnitLayer& layer : units.layers) {
      sums[layer.name].add_values(values[static_cast<std::size_t>(layer.tap)]);
    }
  }
  if (!parts.taylor && !parts.deeplift) return;
  BackwardVisitor visitor;
  if (parts.deeplift) {
    visitor.at_tap = [&](const UnitLayer& layer, const at::Tensor& gradients) {
      const auto tap = static_cast<std::size_t>(layer.tap);
      sums[layer.name].add_attributions(values[tap], reference[tap], gradients[gradients.size(0) - 1]);
    };
  }
  if (parts.taylor) {
    visitor.at_producer = [&](const UnitLayer& layer, const at::Tensor& gradients) {
      sums[layer.name].add_sensitivities(values[static_cast<std::size_t>(layer.producer)], gradients[0]);
    };
  }
  PairedPass(network, units, values, reference, parts.taylor, parts.deeplift)
      .run(logit_gradients(values.back(), category, parts), visitor);
}

/// The baseline input of DeepLIFT, (1, channels, height, width): zeros, or the mean over the scored samples, each rank
/// having summed its categories and all being added in their order. On the host.
at::Tensor reference_input(const LabelledImages& images, const Normalisation& normalisation,
                           const std::vector<at::Tensor>& positions, const ContributionConfig& config,
                           at::Device device, Communicator& communicator) {
  std::vector<std::int64_t> shape = images.images.sizes().vec();
  shape[0] = 1;
  if (config.deeplift_baseline == "zeros") return at::zeros(shape, at::kFloat);
  const auto sums = gather_together(communicator, [&] {
    const auto [begin, end] = own_categories(positions, communicator);
    at::Tensor own = at::zeros({end - begin, shape[1], shape[2], shape[3]}, at::kDouble);
    for (std::int64_t category = begin; category < end; ++category) {
      at::Tensor sum = at::zeros(shape, at::TensorOptions(at::kDouble).device(device));
      BatchSource batches(images, normalisation, device, positions[static_cast<std::size_t>(category)],
                          config.batch_size);
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

std::int64_t unit_count(const UnitGraph& units) {
  std::int64_t count = 0;
  for (const UnitLayer& layer : units.layers) count += layer.units;
  return count;
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
  const ScoreParts parts = parts_of(config.metrics);
  at::Tensor baseline;
  if (parts.deeplift) {
    baseline = reference_input(images, normalisation, positions, config, network.device(), communicator);
  }
  const auto sums = gather_together(communicator, [&] {
    std::vector<at::Tensor> reference;
    if (parts.deeplift) reference = forward_all(network, baseline.to(network.device()));
    const auto [begin, end] = own_categories(positions, communicator);
    at::Tensor own = at::zeros({end - begin, ScoreSums::kPackedRows, unit_count(units)}, at::kDouble);
    for (std::int64_t category = begin; category < end; ++category) {
      LayerSums of_layers;
      BatchSource batches(images, normalisation, network.device(), positions[static_cast<std::size_t>(category)],
                          config.batch_size);
      while (!batches.done()) {
        throw_if_stopped();
        const at::Tensor batch = batches.next().images;
        if (batch.size(0) == 0) break;
        add_batch(network, units, batch, reference, category, parts, of_layers);
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
  const std::vector<at::Tensor> values = forward_all(network, batch);
  const std::vector<at::Tensor> reference_values = forward_all(network, reference);
  std::map<std::string, at::Tensor> result;
  BackwardVisitor visitor;
  visitor.at_tap = [&](const UnitLayer& layer, const at::Tensor& gradients) {
    const auto tap = static_cast<std::size_t>(layer.tap);
    const at::Tensor by_position = (values[tap] - reference_values[tap]) * gradients[0];
    result[layer.name] = by_position.dim() == 2 ? by_position : by_position.flatten(2).sum(2);
  };
  PairedPass(network, units, values, reference_values, false, true)
      .run(one_hot_rows(values.back(), target).unsqueeze(0), visitor);
  return result;
}

}  // namespace neusemslice
