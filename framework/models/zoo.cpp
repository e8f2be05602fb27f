#include "models/zoo.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "core/error.hpp"
#include "core/text.hpp"
#include "models/architecture_file.hpp"
#include "models/network_builder.hpp"
#include "models/residual.hpp"

namespace neusemslice {
namespace {

using Shape = std::vector<std::int64_t>;

std::int64_t scaled(std::int64_t units, double width) {
  return std::max<std::int64_t>(1, std::llround(static_cast<double>(units) * width));
}

/// The number in "resnet18-cifar".
std::int64_t depth_of(std::string_view name) {
  std::int64_t depth = 0;
  const std::size_t begin = name.find_first_of("0123456789");
  std::from_chars(name.data() + begin, name.data() + name.size(), depth);
  return depth;
}

/// VGG's five groups of 3x3 convolutions, each ended by a pooling that halves the size.
void append_vgg_features(NetworkBuilder& builder, std::int64_t depth, bool with_batch_norm, double width) {
  constexpr std::array<std::int64_t, 5> kChannels = {64, 128, 256, 512, 512};
  const std::int64_t first = depth == 11 ? 1 : 2;         // convolutions of groups 1 and 2
  const std::int64_t rest = (depth - 3 - 2 * first) / 3;  // of each other one; three layers are linear
  for (std::size_t group = 0; group < kChannels.size(); ++group) {
    for (std::int64_t i = 0; i < (group < 2 ? first : rest); ++i) {
      // Step n of `features` is node n + 1, behind the input: its name is that of the last node's position.
      builder.convolution(fmt::format("features.{}", builder.last()), scaled(kChannels[group], width), 3, 1, 1, true);
      if (with_batch_norm) builder.batch_norm(fmt::format("features.{}", builder.last()));
      builder.relu();
    }
    builder.max_pool(2, 2);
  }
}

void append_residual_stages(NetworkBuilder& builder, std::int64_t depth, std::int64_t categories, double width) {
  const std::array<std::int64_t, 4> blocks = depth == 18    ? std::array<std::int64_t, 4>{2, 2, 2, 2}
                                             : depth == 101 ? std::array<std::int64_t, 4>{3, 4, 23, 3}
                                                            : std::array<std::int64_t, 4>{3, 4, 6, 3};
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    append_residual_stage(builder, {.name = fmt::format("layer{}", stage + 1),
                                    .bottleneck = depth >= 50,
                                    .blocks = blocks[stage],
                                    .channels = scaled(64LL << stage, width),
                                    .stride = stage == 0 ? 1 : 2});
  }
  builder.adaptive_average_pool(1);
  builder.flatten();
  builder.linear("fc", categories);
}

}  // namespace

Architecture make_mlp(const Shape& input_shape, const Shape& hidden, std::int64_t categories) {
  NetworkBuilder builder("mlp", input_shape);
  builder.flatten();
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    builder.linear(fmt::format("fc{}", i + 1), hidden[i]);
    builder.relu();
  }
  builder.linear(fmt::format("fc{}", hidden.size() + 1), categories);
  return std::move(builder).build(Initialisation::uniform);
}

Architecture make_lenet5(const Shape& input_shape, std::int64_t categories, double width) {
  NetworkBuilder builder("lenet5", input_shape);
  builder.convolution("conv1", scaled(6, width), 5, 1, input_shape.at(1) < 32 ? 2 : 0, true);
  builder.relu();
  builder.max_pool(2, 2);
  builder.convolution("conv2", scaled(16, width), 5, 1, 0, true);
  builder.relu();
  builder.max_pool(2, 2);
  builder.flatten();
  builder.linear("fc1", scaled(120, width));
  builder.relu();
  builder.linear("fc2", scaled(84, width));
  builder.relu();
  builder.linear("fc3", categories);
  return std::move(builder).build(Initialisation::uniform);
}

Architecture make_alexnet_cifar(const Shape& input_shape, std::int64_t categories, double width) {
  NetworkBuilder builder("alexnet-cifar", input_shape);
  const auto convolution = [&](std::int64_t channels, std::int64_t kernel) {
    builder.convolution(fmt::format("features.{}", builder.last()), scaled(channels, width), kernel, 1, kernel / 2,
                        true);
    builder.relu();
  };
  convolution(64, 5);
  builder.max_pool(2, 2);
  convolution(192, 3);
  builder.max_pool(2, 2);
  convolution(384, 3);
  convolution(256, 3);
  convolution(256, 3);
  builder.max_pool(2, 2);
  builder.flatten();
  builder.dropout(0.5);
  builder.linear("classifier.1", scaled(4096, width));
  builder.relu();
  builder.dropout(0.5);
  builder.linear("classifier.4", categories);
  return std::move(builder).build(Initialisation::uniform);
}

Architecture make_vgg(std::int64_t depth, const Shape& input_shape, std::int64_t categories, double width) {
  NetworkBuilder builder(fmt::format("vgg{}", depth), input_shape);
  append_vgg_features(builder, depth, false, width);
  builder.adaptive_average_pool(7);
  builder.flatten();
  for (const char* name : {"classifier.0", "classifier.3"}) {
    builder.linear(name, scaled(4096, width));
    builder.relu();
    builder.dropout(0.5);
  }
  builder.linear("classifier.6", categories);
  return std::move(builder).build(Initialisation::he);
}

Architecture make_vgg_cifar(std::int64_t depth, const Shape& input_shape, std::int64_t categories, double width) {
  NetworkBuilder builder(fmt::format("vgg{}-cifar", depth), input_shape);
  append_vgg_features(builder, depth, true, width);
  builder.flatten();
  builder.linear("classifier", categories);
  return std::move(builder).build(Initialisation::he);
}

Architecture make_resnet(std::int64_t depth, const Shape& input_shape, std::int64_t categories, double width) {
  NetworkBuilder builder(fmt::format("resnet{}", depth), input_shape);
  append_stem(builder, {.channels = scaled(64, width)});
  append_residual_stages(builder, depth, categories, width);
  return std::move(builder).build(Initialisation::he);
}

Architecture make_resnet_cifar(std::int64_t depth, const Shape& input_shape, std::int64_t categories, double width) {
  NetworkBuilder builder(fmt::format("resnet{}-cifar", depth), input_shape);
  append_stem(builder, {.channels = scaled(64, width), .kernel = 3, .stride = 1, .pool = false});
  append_residual_stages(builder, depth, categories, width);
  return std::move(builder).build(Initialisation::he);
}

Architecture make_architecture(const ModelConfig& model, const Shape& input_shape, std::int64_t categories) {
  if (model.is_described()) {
    return parse_architecture(model.description, model.file.empty() ? model.name + ".yaml" : model.file, input_shape,
                              categories);
  }
  const std::string& name = model.name;
  const std::vector<std::string>& names = model_names();
  require_input(std::ranges::find(names, name) != names.end(), "no model is named '{}'{}", name,
                suggestion(name, names));
  if (name == "mlp") {
    Shape hidden = model.hidden;
    for (std::int64_t& units : hidden) units = scaled(units, model.width);
    return make_mlp(input_shape, hidden, categories);
  }
  if (name == "lenet5") return make_lenet5(input_shape, categories, model.width);
  if (name == "alexnet-cifar") return make_alexnet_cifar(input_shape, categories, model.width);
  const bool small = name.ends_with("-cifar");
  const auto make =
      name.starts_with("vgg") ? (small ? make_vgg_cifar : make_vgg) : (small ? make_resnet_cifar : make_resnet);
  return make(depth_of(name), input_shape, categories, model.width);
}

}  // namespace neusemslice
