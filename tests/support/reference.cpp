#include "support/reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <torch/csrc/autograd/autograd.h>

namespace neusemslice::test_support {
namespace {

Row relu(const Row& z) {
  Row a;
  for (const double value : z) a.push_back(value > 0 ? value : 0);
  return a;
}

Row affine(const DenseLayer& layer, const Row& input) {
  Row z = layer.bias;
  for (std::size_t o = 0; o < z.size(); ++o) {
    for (std::size_t i = 0; i < input.size(); ++i) z[o] += layer.weight[o][i] * input[i];
  }
  return z;
}

/// W^T g: from a gradient at a layer's output to that at its input.
Row backward(const DenseLayer& layer, const Row& gradient) {
  Row input(layer.weight[0].size(), 0);
  for (std::size_t o = 0; o < gradient.size(); ++o) {
    for (std::size_t i = 0; i < input.size(); ++i) input[i] += layer.weight[o][i] * gradient[o];
  }
  return input;
}

double mean(const Row& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double population_variance(const Row& values) {
  const double centre = mean(values);
  Row squares;
  for (const double value : values) squares.push_back((value - centre) * (value - centre));
  return mean(squares);
}

Row scaled(const Row& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  Row result;
  for (const double value : values) result.push_back(*high > *low ? (value - *low) / (*high - *low) : 0);
  return result;
}

/// What is collected of one layer for a set of samples: [unit][sample].
struct Collected {
  Rows value;
  Rows attribution;
  Rows attribution_to_mean;
  Rows sensitivity;

  explicit Collected(std::size_t units = 0)
      : value(units), attribution(units), attribution_to_mean(units), sensitivity(units) {}
};

/// Every score's row of units.
std::map<std::string, Row> scores_of(const Collected& collected) {
  std::map<std::string, Row> scores;
  for (std::size_t n = 0; n < collected.value.size(); ++n) {
    Row squared;
    for (const double s : collected.sensitivity[n]) squared.push_back(s * s);
    const double mean_sensitivity = mean(collected.sensitivity[n]);
    scores["avg"].push_back(mean(collected.value[n]));
    scores["var"].push_back(population_variance(collected.value[n]));
    scores["deeplift"].push_back(mean(collected.attribution[n]));
    scores["deeplift.mean"].push_back(mean(collected.attribution_to_mean[n]));
    scores["taylor"].push_back(mean(squared));
    scores["taylor.batch"].push_back(mean_sensitivity * mean_sensitivity);
  }
  const Row average = scaled(scores["avg"]);
  const Row variance = scaled(scores["var"]);
  for (std::size_t n = 0; n < average.size(); ++n) scores["ens"].push_back((average[n] + variance[n]) / 2);
  return scores;
}

Row mean_input(const Problem& problem) {
  Row sum;
  double count = 0;
  for (const at::Tensor& of_category : problem.positions) {
    for (std::int64_t i = 0; i < of_category.numel(); ++i) {
      const Row input =
          input_row(problem.dataset.training, problem.dataset.normalisation, of_category[i].item<std::int64_t>());
      sum.resize(input.size(), 0);
      for (std::size_t j = 0; j < input.size(); ++j) sum[j] += input[j];
      ++count;
    }
  }
  for (double& value : sum) value /= count;
  return sum;
}

/// An image of doubles, [row][column].
using Plane = at::TensorAccessor<double, 2>;

struct Place {
  std::int64_t row = 0;
  std::int64_t column = 0;
};

/// The largest value of a window, and the first place that is equal to it within 1e-6 relative.
std::pair<double, Place> window_maximum(const Plane& plane, const Node& pool, std::int64_t row, std::int64_t column) {
  std::vector<std::pair<double, Place>> inside;
  double largest = -std::numeric_limits<double>::infinity();
  for (std::int64_t i = row * pool.stride - pool.padding; i < row * pool.stride - pool.padding + pool.kernel; ++i) {
    for (std::int64_t j = column * pool.stride - pool.padding; j < column * pool.stride - pool.padding + pool.kernel;
         ++j) {
      if (i < 0 || j < 0 || i >= plane.size(0) || j >= plane.size(1)) continue;
      inside.push_back({plane[i][j], {i, j}});
      largest = std::max(largest, plane[i][j]);
    }
  }
  const auto first = std::ranges::find_if(
      inside, [&](const auto& entry) { return largest - entry.first <= 1e-6 * std::abs(largest); });
  return {largest, first->second};
}

at::Tensor max_pool_multipliers(const Node& pool, const at::Tensor& values, const at::Tensor& reference,
                                const at::Tensor& multipliers) {
  at::Tensor below = at::zeros_like(values);
  for (std::int64_t channel = 0; channel < values.size(1); ++channel) {
    const Plane own = values.accessor<double, 4>()[0][channel];
    const Plane other = reference.accessor<double, 4>()[0][channel];
    const Plane above = multipliers.accessor<double, 4>()[0][channel];
    Plane result = below.accessor<double, 4>()[0][channel];
    for (std::int64_t i = 0; i < above.size(0); ++i) {
      for (std::int64_t j = 0; j < above.size(1); ++j) {
        const auto [v, at_value] = window_maximum(own, pool, i, j);
        const auto [r, at_reference] = window_maximum(other, pool, i, j);
        const Place place = v < r ? at_reference : at_value;
        const double difference = own[place.row][place.column] - other[place.row][place.column];
        result[place.row][place.column] +=
            std::abs(difference) < 1e-10 ? above[i][j] : above[i][j] * (v - r) / difference;
      }
    }
  }
  return below;
}

at::Tensor relu_multipliers(const at::Tensor& z, const at::Tensor& reference, const at::Tensor& multipliers) {
  at::Tensor below = at::empty_like(z);
  for (std::int64_t i = 0; i < z.numel(); ++i) {
    const double own = z.const_data_ptr<double>()[i];
    const double other = reference.const_data_ptr<double>()[i];
    const double slope = std::abs(own - other) < 1e-10 ? (own > 0 ? 1.0 : 0.0)
                                                       : (std::max(own, 0.0) - std::max(other, 0.0)) / (own - other);
    below.mutable_data_ptr<double>()[i] = slope * multipliers.const_data_ptr<double>()[i];
  }
  return below;
}

/// From multipliers at a node's output to those at each of its inputs.
std::vector<at::Tensor> node_multipliers(const Network& exact, const Node& node, const std::vector<at::Tensor>& inputs,
                                         const std::vector<at::Tensor>& references, const at::Tensor& multipliers) {
  if (node.operation == Operation::relu) return {relu_multipliers(inputs[0], references[0], multipliers)};
  if (node.operation == Operation::max_pool) return {max_pool_multipliers(node, inputs[0], references[0], multipliers)};
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& input : inputs) leaves.push_back(input.detach().clone().set_requires_grad(true));
  return torch::autograd::grad({apply_node(exact, node, leaves)}, leaves, {multipliers});
}

std::vector<at::Tensor> at_inputs(const Node& node, const std::vector<at::Tensor>& of_nodes) {
  std::vector<at::Tensor> inputs;
  for (const std::int64_t input : node.inputs) inputs.push_back(of_nodes[static_cast<std::size_t>(input)]);
  return inputs;
}

/// The sum over positions of a unit's values, (1, units, positions...) to [unit].
Row sum_of_positions(const at::Tensor& values) {
  return to_row(values.flatten(1).view({values.size(1), -1}).sum(1));
}

double product(const Rows& a, const Rows& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a.size(); ++j) sum += a[i][j] * b[i][j];
  }
  return sum;
}

/// H M H with H = I - 1/n: the means of rows and columns go.
Rows centred(const Rows& gram) {
  Row row_means;
  for (const Row& row : gram) row_means.push_back(mean(row));
  const double grand = mean(row_means);
  Rows result = gram;
  for (std::size_t i = 0; i < gram.size(); ++i) {
    for (std::size_t j = 0; j < gram.size(); ++j) result[i][j] += grand - row_means[i] - row_means[j];
  }
  return result;
}

struct Gram {
  Rows entries;
  double norm = 0;
};

Gram gram_of_units(const at::Tensor& features, const std::vector<std::int64_t>& chosen, bool centered) {
  const at::Tensor exact = features.to(at::kDouble).contiguous();
  const auto values = exact.accessor<double, 3>();
  const auto samples = static_cast<std::size_t>(features.size(0));
  Rows plain(samples, Row(samples, 0));
  for (std::size_t i = 0; i < samples; ++i) {
    const auto left = values[static_cast<std::int64_t>(i)];
    for (std::size_t j = 0; j < samples; ++j) {
      const auto right = values[static_cast<std::int64_t>(j)];
      for (const std::int64_t unit : chosen) {
        for (std::int64_t p = 0; p < features.size(2); ++p) plain[i][j] += left[unit][p] * right[unit][p];
      }
    }
  }
  const double plain_norm = std::sqrt(product(plain, plain));
  if (!centered) return {plain, plain_norm};
  const Rows entries = centred(plain);
  const double norm = std::sqrt(product(entries, entries));
  return {entries, norm > 1e-12 * plain_norm ? norm : 0};  // centring leaves rounding where nothing is left
}

}  // namespace

std::vector<DenseLayer> dense_layers(const Network& network) {
  std::vector<DenseLayer> layers;
  for (const Node& node : network.architecture.nodes) {
    if (node.operation != Operation::linear) continue;
    DenseLayer layer{.name = node.name, .weight = {}, .bias = to_row(network.parameters.at(node.name + ".bias"))};
    const at::Tensor& weight = network.parameters.at(node.name + ".weight");
    for (std::int64_t o = 0; o < weight.size(0); ++o) layer.weight.push_back(to_row(weight[o]));
    layers.push_back(layer);
  }
  return layers;
}

Trace trace(const std::vector<DenseLayer>& layers, const Row& input) {
  Trace trace;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    trace.z.push_back(affine(layers[l], l == 0 ? input : trace.a.back()));
    trace.a.push_back(l + 1 == layers.size() ? trace.z.back() : relu(trace.z.back()));
  }
  return trace;
}

Row input_row(const LabelledImages& images, const Normalisation& normalisation, std::int64_t position) {
  Row row = to_row(images.images[position].flatten());
  const std::size_t plane = row.size() / static_cast<std::size_t>(images.images.size(1));
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] /= 255;
    if (normalisation.mean.empty()) continue;
    row[i] = (row[i] - normalisation.mean[i / plane]) / normalisation.deviation[i / plane];
  }
  return row;
}

Row softmax(const Row& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - largest);
  Row result;
  for (const double logit : logits) result.push_back(std::exp(logit - largest) / sum);
  return result;
}

Rows cross_entropy_gradients(const std::vector<DenseLayer>& layers, const Trace& trace, std::int64_t label) {
  Rows gradients(layers.size());
  gradients.back() = softmax(trace.a.back());
  gradients.back()[static_cast<std::size_t>(label)] -= 1;
  for (std::size_t l = layers.size() - 1; l > 0; --l) {
    gradients[l - 1] = backward(layers[l], gradients[l]);
    for (std::size_t n = 0; n < gradients[l - 1].size(); ++n) {
      if (trace.z[l - 1][n] <= 0) gradients[l - 1][n] = 0;
    }
  }
  return gradients;
}

Rows deeplift_multipliers(const std::vector<DenseLayer>& layers, const Trace& trace, const Trace& reference,
                          std::int64_t target) {
  Rows multipliers(layers.size());
  multipliers.back().assign(trace.a.back().size(), 0);
  multipliers.back()[static_cast<std::size_t>(target)] = 1;
  Row at_output = multipliers.back();
  for (std::size_t l = layers.size() - 1; l > 0; --l) {
    multipliers[l - 1] = backward(layers[l], at_output);
    at_output = multipliers[l - 1];
    for (std::size_t n = 0; n < at_output.size(); ++n) {
      const double difference = trace.z[l - 1][n] - reference.z[l - 1][n];
      const double derivative = trace.z[l - 1][n] > 0 ? 1 : 0;
      at_output[n] *=
          std::abs(difference) < 1e-10 ? derivative : (trace.a[l - 1][n] - reference.a[l - 1][n]) / difference;
    }
  }
  return multipliers;
}

std::map<std::string, std::map<std::string, ReferenceTable>> reference_scores(const Problem& problem) {
  const std::vector<DenseLayer> layers = dense_layers(problem.network);
  const Row mean_baseline = mean_input(problem);
  const Trace at_zero = trace(layers, Row(mean_baseline.size(), 0));
  const Trace at_mean = trace(layers, mean_baseline);
  std::map<std::string, std::map<std::string, ReferenceTable>> result;
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    const std::size_t units = layers[l].bias.size();
    Collected all(units);
    auto& tables = result[layers[l].name];
    for (std::size_t category = 0; category < problem.positions.size(); ++category) {
      const auto label = static_cast<std::int64_t>(category);
      Collected mine(units);
      for (std::int64_t i = 0; i < problem.positions[category].numel(); ++i) {
        const auto position = problem.positions[category][i].item<std::int64_t>();
        const Trace at_x = trace(layers, input_row(problem.dataset.training, problem.dataset.normalisation, position));
        const Row gradient = cross_entropy_gradients(layers, at_x, label)[l];
        const Row from_zero = deeplift_multipliers(layers, at_x, at_zero, label)[l];
        const Row from_mean = deeplift_multipliers(layers, at_x, at_mean, label)[l];
        for (std::size_t n = 0; n < units; ++n) {
          for (Collected* collected : {&mine, &all}) {
            collected->value[n].push_back(at_x.a[l][n]);
            collected->attribution[n].push_back((at_x.a[l][n] - at_zero.a[l][n]) * from_zero[n]);
            collected->attribution_to_mean[n].push_back((at_x.a[l][n] - at_mean.a[l][n]) * from_mean[n]);
            collected->sensitivity[n].push_back(at_x.z[l][n] * gradient[n]);
          }
        }
      }
      for (const auto& [metric, row] : scores_of(mine)) tables[metric].by_category.push_back(row);
    }
    for (const auto& [metric, row] : scores_of(all)) tables[metric].global = row;
  }
  return result;
}

Network in_float64(const Network& network) {
  Network exact{network.architecture, {}, {}};
  for (const auto& [name, value] : network.parameters) exact.parameters.emplace(name, value.to(at::kDouble));
  for (const auto& [name, value] : network.buffers) exact.buffers.emplace(name, value.to(at::kDouble));
  return exact;
}

std::vector<at::Tensor> exact_values(const Network& exact, const at::Tensor& sample) {
  return forward_all(exact, sample.to(at::kDouble));
}

std::vector<at::Tensor> exact_multipliers(const Network& exact, const std::vector<at::Tensor>& values,
                                          const std::vector<at::Tensor>& reference, std::int64_t target) {
  const auto& nodes = exact.architecture.nodes;
  std::vector<at::Tensor> multipliers;
  for (const at::Tensor& value : values) multipliers.push_back(at::zeros_like(value));
  multipliers.back()[0][target] = 1;
  for (std::size_t i = nodes.size() - 1; i > 0; --i) {
    const auto below =
        node_multipliers(exact, nodes[i], at_inputs(nodes[i], values), at_inputs(nodes[i], reference), multipliers[i]);
    for (std::size_t k = 0; k < below.size(); ++k) {
      multipliers[static_cast<std::size_t>(nodes[i].inputs[k])] += below[k];
    }
  }
  return multipliers;
}

std::vector<at::Tensor> exact_gradients(const Network& exact, const at::Tensor& sample, std::int64_t label) {
  const at::Tensor input = sample.to(at::kDouble).clone().set_requires_grad(true);
  const std::vector<at::Tensor> values = forward_all(exact, input);
  const at::Tensor loss = at::cross_entropy_loss(values.back(), index_tensor({label}));
  return torch::autograd::grad({loss}, values);
}

std::map<std::string, std::map<std::string, ReferenceTable>> exact_scores(const Problem& problem) {
  const Network exact = in_float64(problem.network);
  std::vector<std::int64_t> shape = exact.architecture.input_shape;
  shape.insert(shape.begin(), 1);
  const std::vector<at::Tensor> at_zero = exact_values(exact, at::zeros(shape));
  std::map<std::string, std::vector<Collected>> by_layer;  // one a category, and that of all samples
  for (const UnitLayer& layer : problem.units.layers) {
    by_layer[layer.name].assign(problem.positions.size() + 1, Collected(static_cast<std::size_t>(layer.units)));
  }
  for (std::size_t category = 0; category < problem.positions.size(); ++category) {
    const auto label = static_cast<std::int64_t>(category);
    for (const at::Tensor& position : problem.positions[category].split(1)) {
      const at::Tensor sample =
          gather_images(problem.dataset.training.images, position, problem.dataset.normalisation, at::kCPU);
      const std::vector<at::Tensor> values = exact_values(exact, sample);
      const std::vector<at::Tensor> multipliers = exact_multipliers(exact, values, at_zero, label);
      const std::vector<at::Tensor> gradients = exact_gradients(exact, sample, label);
      for (const UnitLayer& layer : problem.units.layers) {
        const auto tap = static_cast<std::size_t>(layer.tap);
        const auto producer = static_cast<std::size_t>(layer.producer);
        const auto positions = static_cast<double>(values[tap].numel() / layer.units);
        const Row value = sum_of_positions(values[tap] / positions);
        const Row attribution = sum_of_positions((values[tap] - at_zero[tap]) * multipliers[tap]);
        const Row sensitivity = sum_of_positions(values[producer] * gradients[producer]);
        for (const std::size_t of : {category, problem.positions.size()}) {
          Collected& collected = by_layer[layer.name][of];
          for (std::size_t n = 0; n < value.size(); ++n) {
            collected.value[n].push_back(value[n]);
            collected.attribution[n].push_back(attribution[n]);
            collected.sensitivity[n].push_back(sensitivity[n]);
          }
        }
      }
    }
  }
  std::map<std::string, std::map<std::string, ReferenceTable>> result;
  for (const auto& [layer, collected] : by_layer) {
    for (std::size_t category = 0; category < problem.positions.size(); ++category) {
      for (const auto& [metric, row] : scores_of(collected[category])) {
        result[layer][metric].by_category.push_back(row);
      }
    }
    for (const auto& [metric, row] : scores_of(collected.back())) result[layer][metric].global = row;
  }
  return result;
}

Row algorithm_one_curve(const at::Tensor& features, const std::vector<std::int64_t>& order, bool centered) {
  const Gram whole = gram_of_units(features, order, centered);
  Row curve;
  for (std::size_t k = 0; k <= order.size(); ++k) {
    const Gram part =
        gram_of_units(features, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k)}, centered);
    if (whole.norm == 0)
      curve.push_back(1);
    else
      curve.push_back(part.norm == 0 ? 0 : product(part.entries, whole.entries) / (part.norm * whole.norm));
  }
  return curve;
}

at::Tensor to_tensor(const Row& row) {
  return at::tensor(row, at::TensorOptions(at::kDouble));
}

at::Tensor to_tensor(const Rows& rows) {
  std::vector<at::Tensor> tensors;
  for (const Row& row : rows) tensors.push_back(to_tensor(row));
  return at::stack(tensors);
}

Row to_row(const at::Tensor& tensor) {
  const at::Tensor exact = tensor.detach().to(at::kDouble).contiguous();
  return {exact.const_data_ptr<double>(), exact.const_data_ptr<double>() + exact.numel()};
}

}  // namespace neusemslice::test_support
