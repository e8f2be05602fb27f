#include "models/zoo.hpp"

#include "core/error.hpp"
#include "models/network_builder.hpp"

namespace neusemslice {

Architecture make_mlp(const std::vector<std::int64_t>& input_shape, const std::vector<std::int64_t>& hidden,
                      std::int64_t categories) {
  NetworkBuilder builder("mlp", input_shape);
  builder.flatten();
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    builder.linear(fmt::format("fc{}", i + 1), hidden[i]);
    builder.relu();
  }
  builder.linear(fmt::format("fc{}", hidden.size() + 1), categories);
  return std::move(builder).build(Initialisation::uniform);
}

Architecture make_alexnet_cifar(const std::vector<std::int64_t>& input_shape, std::int64_t categories) {
  NetworkBuilder builder("alexnet-cifar", input_shape);
  const auto convolution = [&](std::int64_t position, std::int64_t channels, std::int64_t kernel) {
    builder.convolution(fmt::format("features.{}", position), channels, kernel, 1, kernel / 2, true);
    builder.relu();
  };
  convolution(0, 64, 5);
  builder.max_pool(2, 2);
  convolution(3, 192, 3);
  builder.max_pool(2, 2);
  convolution(6, 384, 3);
  convolution(8, 256, 3);
  convolution(10, 256, 3);
  builder.max_pool(2, 2);
  builder.flatten();
  builder.dropout(0.5);
  builder.linear("classifier.1", 4096);
  builder.relu();
  builder.dropout(0.5);
  builder.linear("classifier.4", categories);
  return std::move(builder).build(Initialisation::uniform);
}

Architecture make_architecture(const ModelConfig& model, const std::vector<std::int64_t>& input_shape,
                               std::int64_t categories) {
  if (model.name == "mlp") return make_mlp(input_shape, model.hidden, categories);
  require_input(model.name == "alexnet-cifar", "no model is named '{}'; known: mlp, alexnet-cifar", model.name);
  return make_alexnet_cifar(input_shape, categories);
}

}  // namespace neusemslice
