#include "support/toy_networks.hpp"

#include <cmath>

#include "core/error.hpp"
#include "data/split.hpp"
#include "models/network_builder.hpp"
#include "models/zoo.hpp"

namespace neusemslice::test_support {
namespace {

constexpr std::int64_t kCategories = 4;

void stack(NetworkBuilder& net) {
  net.convolution("features.0", 4, 3, 1, 1, true);
  net.relu();
  net.max_pool(3, 2, 1);
  net.convolution("features.3", 6, 3, 1, 1, false);
  net.batch_norm("features.4");
  net.relu();
  net.max_pool(3, 1);
  net.convolution("features.7", 5, 1, 1, 0, true);
  net.relu();
  net.max_pool(2, 2);
  net.flatten();
  net.linear("classifier.0", 7);
  net.relu();
  net.dropout(0.5);
  net.linear("classifier.3", kCategories);
}

void averages(NetworkBuilder& net) {
  net.convolution("conv1", 5, 3, 1, 1, true);
  net.relu();
  net.average_pool(3, 2, 1);
  net.convolution("conv2", 6, 2, 1, 1, false);
  net.batch_norm("bn2");
  net.relu();
  net.adaptive_average_pool(4);
  net.average_pool(2, 2);
  net.flatten();
  net.linear("fc", kCategories);
}

std::int64_t normalised_convolution(NetworkBuilder& net, const std::string& name, const std::string& norm,
                                    std::int64_t channels, std::int64_t kernel, std::int64_t stride,
                                    std::int64_t from = NetworkBuilder::kLast) {
  return net.batch_norm(norm, net.convolution(name, channels, kernel, stride, kernel / 2, false, from));
}

/// `kernels` one after the other, all but the last `width` wide, around them the identity or a convolution.
void block(NetworkBuilder& net, const std::string& name, const std::vector<std::int64_t>& kernels, std::int64_t width,
           std::int64_t channels, std::int64_t stride) {
  const std::int64_t input = net.last();
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const bool last = i + 1 == kernels.size();
    const std::string number = std::to_string(i + 1);
    normalised_convolution(net, name + ".conv" + number, name + ".bn" + number, last ? channels : width, kernels[i],
                           i == 0 ? stride : 1);
    if (!last) net.relu();
  }
  const std::int64_t main = net.last();
  const bool same = stride == 1 && net.channels(input) == channels;
  net.add(main, same ? input
                     : normalised_convolution(net, name + ".downsample.0", name + ".downsample.1", channels, 1, stride,
                                              input));
  net.relu();
}

void residual(NetworkBuilder& net, const std::vector<std::int64_t>& kernels, bool wider_at_once) {
  normalised_convolution(net, "conv1", "bn1", 4, 3, 1);
  net.relu();
  net.max_pool(3, 2, 1);
  block(net, "layer1.0", kernels, 4, wider_at_once ? 6 : 4, 1);
  block(net, "layer1.1", kernels, 4, wider_at_once ? 6 : 4, 1);
  block(net, "layer2.0", kernels, 5, 8, 2);
  net.adaptive_average_pool(1);
  net.flatten();
  net.linear("fc", kCategories);
}

/// Weights of about +-1 / sqrt(inputs), biases of both signs, positive scales and variances.
at::Tensor random_parameter(const ParameterShape& parameter, std::uint64_t seed, bool normalises) {
  const auto between = [&](double low, double high) {
    return random_tensor(seed, parameter.name, parameter.shape, low, high);
  };
  if (parameter.name.ends_with("running_var")) return between(0.3, 1.5);
  if (parameter.name.ends_with("weight") && normalises) return between(0.6, 1.4);
  if (parameter.shape.size() == 1) return between(-0.3, 0.3);
  const std::int64_t inputs = c10::multiply_integers(at::IntArrayRef(parameter.shape).slice(1));
  const double bound = 2.0 / std::sqrt(static_cast<double>(inputs));
  return between(-bound, bound);
}

}  // namespace

std::vector<std::string> toy_kinds() {
  return {"stack", "averages", "basic", "bottleneck"};
}

Architecture toy_architecture(const std::string& kind) {
  NetworkBuilder net("toy-" + kind, {3, 9, 9});
  if (kind == "stack")
    stack(net);
  else if (kind == "averages")
    averages(net);
  else
    residual(net, kind == "basic" ? std::vector<std::int64_t>{3, 3} : std::vector<std::int64_t>{1, 3, 1},
             kind == "bottleneck");
  return std::move(net).build(Initialisation::uniform);
}

Network random_network(const Architecture& architecture, std::uint64_t seed) {
  Network network{architecture, {}, {}};
  for (const ParameterShape& parameter : parameter_shapes(network.architecture)) {
    const bool normalises = parameter.shape.size() == 1 && parameter.name.ends_with("weight");
    network.parameters.emplace(parameter.name, random_parameter(parameter, seed, normalises));
  }
  for (const ParameterShape& buffer : buffer_shapes(network.architecture)) {
    network.buffers.emplace(buffer.name, random_parameter(buffer, seed, false));
  }
  return network;
}

Network toy_network(const std::string& kind, std::uint64_t seed) {
  return random_network(toy_architecture(kind), seed);
}

Problem toy_problem(const std::string& kind, std::uint64_t seed, std::int64_t samples) {
  Problem problem =
      random_problem(seed, {.image = {3, 9, 9}, .hidden = {2}, .categories = kCategories, .samples = samples});
  problem.network = toy_network(kind, seed);
  problem.units = derive_units(problem.network.architecture);
  problem.dataset.normalisation = {.mean = {0.45, 0.5, 0.4}, .deviation = {0.25, 0.3, 0.2}};
  return problem;
}

std::vector<Architecture> narrow_zoo() {
  constexpr double kWidth = 0.125;
  std::vector<Architecture> zoo = {make_mlp({1, 28, 28}, {64, 32}, 10), make_lenet5({1, 28, 28}, 10, kWidth),
                                   make_alexnet_cifar({3, 32, 32}, 10, kWidth)};
  for (const std::int64_t depth : {11, 13, 16, 19}) {
    zoo.push_back(make_vgg(depth, {3, 64, 64}, 10, kWidth));
    zoo.push_back(make_vgg_cifar(depth, {3, 32, 32}, 10, kWidth));
  }
  for (const std::int64_t depth : {18, 34, 50, 101}) {
    zoo.push_back(make_resnet(depth, {3, 64, 64}, 10, kWidth));
    zoo.push_back(make_resnet_cifar(depth, {3, 32, 32}, 10, kWidth));
  }
  return zoo;
}

}  // namespace neusemslice::test_support
