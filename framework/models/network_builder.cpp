#include "models/network_builder.hpp"

#include <utility>

namespace neusemslice {

NetworkBuilder::NetworkBuilder(std::string name, std::vector<std::int64_t> input_shape)
    : architecture_{.name = std::move(name), .input_shape = std::move(input_shape), .nodes = {}} {
  append({.operation = Operation::input}, {});
}

std::int64_t NetworkBuilder::append(Node node, std::vector<std::int64_t> inputs) {
  for (std::int64_t& input : inputs) {
    if (input == kLast) input = last();
  }
  node.inputs = std::move(inputs);
  architecture_.nodes.push_back(std::move(node));
  shapes_.push_back(node_shape(architecture_, architecture_.nodes.size() - 1, shapes_));
  return last();
}

std::int64_t NetworkBuilder::channels(std::int64_t node) const {
  return shapes_[static_cast<std::size_t>(node == kLast ? last() : node)][0];
}

std::int64_t NetworkBuilder::convolution(const std::string& name, std::int64_t channel_count, std::int64_t kernel,
                                         std::int64_t stride, std::int64_t padding, bool bias, std::int64_t from) {
  return append({.operation = Operation::convolution,
                 .name = name,
                 .in_features = channels(from),
                 .out_features = channel_count,
                 .kernel = kernel,
                 .stride = stride,
                 .padding = padding,
                 .bias = bias},
                {from});
}

std::int64_t NetworkBuilder::linear(const std::string& name, std::int64_t features, bool bias) {
  return append({.operation = Operation::linear,
                 .name = name,
                 .in_features = channels(kLast),
                 .out_features = features,
                 .bias = bias},
                {kLast});
}

std::int64_t NetworkBuilder::batch_norm(const std::string& name, std::int64_t from) {
  return append({.operation = Operation::batch_norm, .name = name, .in_features = channels(from)}, {from});
}

std::int64_t NetworkBuilder::relu() {
  return append({.operation = Operation::relu}, {kLast});
}

std::int64_t NetworkBuilder::max_pool(std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return append({.operation = Operation::max_pool, .kernel = kernel, .stride = stride, .padding = padding}, {kLast});
}

std::int64_t NetworkBuilder::average_pool(std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return append({.operation = Operation::average_pool, .kernel = kernel, .stride = stride, .padding = padding},
                {kLast});
}

std::int64_t NetworkBuilder::adaptive_average_pool(std::int64_t output_size) {
  return append({.operation = Operation::adaptive_average_pool, .output_size = output_size}, {kLast});
}

std::int64_t NetworkBuilder::flatten() {
  return append({.operation = Operation::flatten}, {kLast});
}

std::int64_t NetworkBuilder::dropout(double probability) {
  return append({.operation = Operation::dropout, .probability = probability}, {kLast});
}

std::int64_t NetworkBuilder::add(std::int64_t first, std::int64_t second) {
  return append({.operation = Operation::add}, {first, second});
}

Architecture NetworkBuilder::build(Initialisation initialisation) && {
  architecture_.initialisation = initialisation;
  return std::move(architecture_);
}

}  // namespace neusemslice
