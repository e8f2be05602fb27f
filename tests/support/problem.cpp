#include "support/problem.hpp"

#include <cmath>
#include <cstring>

#include "core/random.hpp"
#include "data/split.hpp"
#include "models/zoo.hpp"

namespace neusemslice::test_support {
namespace {

LabelledImages random_images(std::uint64_t seed, const std::string& purpose, const ProblemShape& shape) {
  RandomStream stream(seed, purpose);
  std::vector<std::int64_t> extents = {shape.samples};
  extents.insert(extents.end(), shape.image.begin(), shape.image.end());
  LabelledImages images{at::empty(extents, at::kByte), at::empty({shape.samples}, at::kLong)};
  auto* pixels = images.images.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < images.images.numel(); ++i) pixels[i] = static_cast<std::uint8_t>(stream.below(256));
  auto* labels = images.labels.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < shape.samples; ++i) {
    labels[i] = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(shape.categories)));
  }
  return images;
}

at::Tensor matrix(const std::vector<std::vector<double>>& rows) {
  at::Tensor result = at::empty({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows[0].size())});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    result.select(0, static_cast<std::int64_t>(i)).copy_(at::tensor(rows[i], at::TensorOptions(at::kFloat)));
  }
  return result;
}

at::Tensor row(const std::vector<double>& values) {
  return at::tensor(values, at::TensorOptions(at::kFloat));
}

}  // namespace

Problem random_problem(std::uint64_t seed, const ProblemShape& shape) {
  Problem problem;
  problem.network = Network{make_mlp(shape.image, shape.hidden, shape.categories), {}, {}};
  for (const ParameterShape& parameter : parameter_shapes(problem.network.architecture)) {
    const bool weight = parameter.shape.size() == 2;
    const double bound = weight ? 2.0 / std::sqrt(static_cast<double>(parameter.shape[1])) : 0.3;
    problem.network.parameters.emplace(parameter.name,
                                       random_tensor(seed, parameter.name, parameter.shape, -bound, bound));
  }
  problem.units = derive_units(problem.network.architecture);
  problem.dataset.name = "random";
  for (std::int64_t i = 0; i < shape.categories; ++i) problem.dataset.category_names.push_back(std::to_string(i));
  problem.dataset.training = random_images(seed, "training images", shape);
  problem.dataset.test = random_images(seed, "test images", shape);
  problem.positions = positions_by_category(problem.dataset.training.labels, shape.categories, 0);
  return problem;
}

at::Tensor random_tensor(std::uint64_t seed, const std::string& purpose, at::IntArrayRef shape, double low,
                         double high) {
  RandomStream stream(seed, purpose);
  at::Tensor tensor = at::empty(shape, at::kFloat);
  auto* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i)
    values[i] = static_cast<float>(low + (high - low) * stream.uniform());
  return tensor;
}

std::vector<std::int64_t> random_order(std::uint64_t seed, std::int64_t count) {
  std::vector<std::int64_t> order;
  for (std::int64_t i = 0; i < count; ++i) order.push_back(i);
  RandomStream(seed, "order").shuffle(order);
  return order;
}

at::Tensor index_tensor(const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::TensorOptions(at::kLong));
}

Network deep_copy(const Network& network) {
  Network copy{network.architecture, {}, {}};
  for (const auto& [name, value] : network.parameters) copy.parameters.emplace(name, value.detach().clone());
  for (const auto& [name, value] : network.buffers) copy.buffers.emplace(name, value.detach().clone());
  return copy;
}

bool bits_equal(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor left = a.detach().contiguous();
  const at::Tensor right = b.detach().contiguous();
  return left.scalar_type() == right.scalar_type() && left.sizes() == right.sizes() &&
         (left.nbytes() == 0 || std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0);
}

double relative_to_largest(const at::Tensor& actual, const at::Tensor& expected) {
  if (expected.numel() == 0) return 0;
  const double difference = (actual.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>();
  const double largest = expected.to(at::kDouble).abs().max().item<double>();
  return largest > 0 ? difference / largest : difference;
}

Network net_t() {
  Network network{make_mlp({1, 1, 2}, {3, 2}, 2), {}, {}};
  network.parameters = {{"fc1.weight", matrix({{1, 2}, {-1, 1}, {0.5, -1}})}, {"fc1.bias", row({0, 0.5, 1})},
                        {"fc2.weight", matrix({{1, -1, 0.5}, {-0.5, 2, 1}})}, {"fc2.bias", row({-1, 0.25})},
                        {"fc3.weight", matrix({{1, -1}, {-2, 0.5}})},         {"fc3.bias", row({0.1, -0.1})}};
  return network;
}

Network net_t_with_inputs_as_units() {
  const Network t = net_t();
  Network network{make_mlp({1, 1, 2}, {2, 3, 2}, 2), {}, {}};
  network.parameters = {{"fc1.weight", at::eye(2)}, {"fc1.bias", row({10, 10})}};
  for (int layer = 1; layer <= 3; ++layer) {
    for (const std::string part : {".weight", ".bias"}) {
      network.parameters.emplace("fc" + std::to_string(layer + 1) + part,
                                 t.parameters.at("fc" + std::to_string(layer) + part));
    }
  }
  network.parameters.at("fc2.bias") = t.parameters.at("fc1.bias") - 10 * t.parameters.at("fc1.weight").sum(1);
  return network;
}

at::Tensor net_t_input(double first, double second) {
  return row({first, second}).view({1, 1, 1, 2});
}

}  // namespace neusemslice::test_support
