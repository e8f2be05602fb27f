#include "baselines/example_networks.hpp"

#include <utility>

#include <fmt/format.h>

#include "models/network_builder.hpp"

namespace neusemslice::test_support {
namespace {

/// A convolution that keeps the size of its maps at stride 1, and batch norm.
void convolution(NetworkBuilder& builder, const std::string& prefix, int number, std::int64_t channels,
                 std::int64_t kernel, std::int64_t stride = 1) {
  builder.convolution(fmt::format("{}conv{}", prefix, number), channels, kernel, stride, kernel / 2, false);
  builder.batch_norm(fmt::format("{}bn{}", prefix, number));
}

/// Adds the block's input, downsampled where `downsample` says so, and the ReLU.
void close_block(NetworkBuilder& builder, const std::string& prefix, std::int64_t input, std::int64_t stride,
                 bool downsample) {
  const std::int64_t branch = builder.last();
  if (downsample) {
    const std::int64_t channels = builder.channels(branch);
    builder.convolution(prefix + "downsample.0", channels, 1, stride, 0, false, input);
    input = builder.batch_norm(prefix + "downsample.1");
  }
  builder.add(branch, input);
  builder.relu();
}

void basic_block(NetworkBuilder& builder, const std::string& prefix, std::int64_t channels, std::int64_t stride) {
  const std::int64_t input = builder.last();
  const bool downsample = stride > 1 || builder.channels(input) != channels;
  convolution(builder, prefix, 1, channels, 3, stride);
  builder.relu();
  convolution(builder, prefix, 2, channels, 3);
  close_block(builder, prefix, input, stride, downsample);
}

void bottleneck(NetworkBuilder& builder, const std::string& prefix, std::int64_t width, std::int64_t stride) {
  const std::int64_t input = builder.last();
  const bool downsample = stride > 1 || builder.channels(input) != 4 * width;
  convolution(builder, prefix, 1, width, 1);
  builder.relu();
  convolution(builder, prefix, 2, width, 3, stride);
  builder.relu();
  convolution(builder, prefix, 3, 4 * width, 1);
  close_block(builder, prefix, input, stride, downsample);
}

Architecture with_classifier(NetworkBuilder builder, const std::string& name, std::int64_t categories) {
  builder.adaptive_average_pool(1);
  builder.flatten();
  builder.linear(name, categories);
  return std::move(builder).build(Initialisation::he);
}

}  // namespace

Architecture vgg16_cifar() {
  NetworkBuilder builder("vgg16-cifar", {3, 32, 32});
  int position = 0;
  for (const auto& [channels, convolutions] : {std::pair{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    for (int i = 0; i < convolutions; ++i, position += 3) {
      builder.convolution(fmt::format("features.{}", position), channels, 3, 1, 1, true);
      builder.batch_norm(fmt::format("features.{}", position + 1));
      builder.relu();
    }
    builder.max_pool(2, 2);
    ++position;
  }
  builder.flatten();
  builder.linear("classifier", 10);
  return std::move(builder).build(Initialisation::he);
}

Architecture resnet101_cifar() {
  NetworkBuilder builder("resnet101-cifar", {3, 32, 32});
  convolution(builder, "", 1, 64, 3);
  builder.relu();
  int stage = 0;
  for (const int blocks : {3, 4, 23, 3}) {
    for (int block = 0; block < blocks; ++block) {
      bottleneck(builder, fmt::format("layer{}.{}.", stage + 1, block), 64 << stage, stage > 0 && block == 0 ? 2 : 1);
    }
    ++stage;
  }
  return with_classifier(std::move(builder), "fc", 10);
}

Architecture small_resnet() {
  NetworkBuilder builder("small-resnet", {1, 8, 8});
  convolution(builder, "", 1, 4, 3);
  builder.relu();
  basic_block(builder, "layer1.0.", 4, 1);
  basic_block(builder, "layer1.1.", 4, 1);
  basic_block(builder, "layer2.0.", 8, 2);
  basic_block(builder, "layer2.1.", 8, 1);
  return with_classifier(std::move(builder), "fc", 3);
}

}  // namespace neusemslice::test_support
