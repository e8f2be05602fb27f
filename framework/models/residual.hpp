#pragma once

#include <cstdint>
#include <string>

#include "models/network_builder.hpp"

namespace neusemslice {

/// Blocks that add what they read to what they make of it, as torchvision's ResNet arranges and names them.
struct ResidualStage {
  std::string name;  ///< `state_dict` prefix (`layer1`); block b's layers are `layer1.b.conv1`, `layer1.b.bn1`, ...
  bool bottleneck = false;    ///< 1x1, 3x3 and 1x1 convolutions, the last four times as wide; else two of 3x3
  std::int64_t blocks = 1;    ///< the first one changes size and channels, by `downsample` where it must
  std::int64_t channels = 0;  ///< of the blocks' 3x3 convolutions
  std::int64_t stride = 1;    ///< of the first block's (first) 3x3 convolution
};

/// Appends the stage behind the last step.
void append_residual_stage(NetworkBuilder& builder, const ResidualStage& stage);

/// How a residual network begins: conv1 (padded by half its kernel), bn1, ReLU and perhaps a max pooling by two.
struct Stem {
  std::int64_t channels = 64;
  std::int64_t kernel = 7;
  std::int64_t stride = 2;
  bool pool = true;  ///< 3x3, stride 2, padding 1
};

void append_stem(NetworkBuilder& builder, const Stem& stem);

}  // namespace neusemslice
