#include "models/residual.hpp"

#include <fmt/format.h>

namespace neusemslice {
namespace {

constexpr std::int64_t kExpansion = 4;  // of a bottleneck's last convolution

/// Convolution `conv<i>`, padded so that stride 1 keeps the size, and `bn<i>`.
void append_convolution(NetworkBuilder& builder, const std::string& prefix, int i, std::int64_t channels,
                        std::int64_t kernel, std::int64_t stride) {
  builder.convolution(fmt::format("{}conv{}", prefix, i), channels, kernel, stride, kernel / 2, false);
  builder.batch_norm(fmt::format("{}bn{}", prefix, i));
}

/// What a block makes of its input, up to the addition.
void append_branch(NetworkBuilder& builder, const std::string& prefix, const ResidualStage& stage,
                   std::int64_t stride) {
  if (!stage.bottleneck) {
    append_convolution(builder, prefix, 1, stage.channels, 3, stride);
    builder.relu();
    append_convolution(builder, prefix, 2, stage.channels, 3, 1);
    return;
  }
  append_convolution(builder, prefix, 1, stage.channels, 1, 1);
  builder.relu();
  append_convolution(builder, prefix, 2, stage.channels, 3, stride);
  builder.relu();
  append_convolution(builder, prefix, 3, stage.channels * kExpansion, 1, 1);
}

void append_block(NetworkBuilder& builder, const ResidualStage& stage, std::int64_t index) {
  const std::string prefix = fmt::format("{}.{}.", stage.name, index);
  const std::int64_t stride = index == 0 ? stage.stride : 1;
  const std::int64_t entry = builder.last();
  append_branch(builder, prefix, stage, stride);
  const std::int64_t branch = builder.last();
  std::int64_t shortcut = entry;
  if (stride != 1 || builder.channels(entry) != builder.channels(branch)) {
    builder.convolution(prefix + "downsample.0", builder.channels(branch), 1, stride, 0, false, entry);
    shortcut = builder.batch_norm(prefix + "downsample.1");
  }
  builder.add(branch, shortcut);
  builder.relu();
}

}  // namespace

void append_residual_stage(NetworkBuilder& builder, const ResidualStage& stage) {
  for (std::int64_t block = 0; block < stage.blocks; ++block) append_block(builder, stage, block);
}

void append_stem(NetworkBuilder& builder, const Stem& stem) {
  append_convolution(builder, "", 1, stem.channels, stem.kernel, stem.stride);
  builder.relu();
  if (stem.pool) builder.max_pool(3, 2, 1);
}

}  // namespace neusemslice
