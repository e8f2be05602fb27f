#include "support/reference.hpp"

#include <cmath>

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
