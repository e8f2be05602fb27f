#include "contribution/scorer.hpp"

#include <functional>
#include <numeric>

#include <ATen/core/grad_mode.h>

#include "contribution/score_kernels.hpp"
#include "contribution/score_sums.hpp"
#include "core/error.hpp"
#include "core/stop.hpp"

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

/// The baseline input of DeepLIFT, (1, channels, height, width): zeros, or the mean over the scored samples.
at::Tensor reference_input(const LabelledImages& images, const Normalisation& normalisation,
                           const std::vector<at::Tensor>& positions, const ContributionConfig& config,
                           at::Device device) {
  std::vector<std::int64_t> shape = images.images.sizes().vec();
  shape[0] = 1;
  if (config.deeplift_baseline == "zeros") return at::zeros(shape, at::TensorOptions(at::kFloat).device(device));
  at::Tensor sum = at::zeros(shape, at::TensorOptions(at::kDouble).device(device));
  std::int64_t count = 0;
  for (const at::Tensor& of_category : positions) {
    for (const at::Tensor& chosen : of_category.split(config.batch_size)) {
      throw_if_stopped();
      sum += gather_images(images.images, chosen, normalisation, device).sum(0, true, at::kDouble);
      count += chosen.numel();
    }
  }
  return (sum / static_cast<double>(count)).to(at::kFloat);
}

}  // namespace

Scores score_contributions(const Network& network, const UnitGraph& units, const LabelledImages& images,
                           const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                           const ContributionConfig& config) {
  at::NoGradGuard no_grad;
  const ScoreParts parts = parts_of(config.metrics);
  std::vector<at::Tensor> reference;
  if (parts.deeplift) {
    reference = forward_all(network, reference_input(images, normalisation, positions, config, network.device()));
  }
  LayerSums total;
  std::map<std::string, std::map<std::string, std::vector<at::Tensor>>> rows;
  for (std::size_t category = 0; category < positions.size(); ++category) {
    LayerSums sums;
    for (const at::Tensor& chosen : positions[category].split(config.batch_size)) {
      throw_if_stopped();
      if (chosen.numel() == 0) break;
      add_batch(network, units, gather_images(images.images, chosen, normalisation, network.device()), reference,
                static_cast<std::int64_t>(category), parts, sums);
    }
    for (const UnitLayer& layer : units.layers) {
      for (auto& [metric, score] : sums[layer.name].scores(config, layer.units))
        rows[layer.name][metric].push_back(score);
      total[layer.name].merge(sums[layer.name]);
    }
  }
  Scores scores;
  for (const UnitLayer& layer : units.layers) {
    for (const auto& [metric, global] : total[layer.name].scores(config, layer.units)) {
      scores[layer.name][metric] = {at::stack(rows[layer.name][metric]), global};
    }
  }
  return scores;
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
