#pragma once

#include "models/architecture.hpp"

namespace neusemslice::test_support {

/// VGG-16 for CIFAR-10 with batch norm and one linear layer, named as in torchvision: 14,728,266 parameters.
Architecture vgg16_cifar();

/// ResNet-101 for CIFAR-10 with a 3x3 stem, named as in torchvision: 42,512,970 parameters.
Architecture resnet101_cifar();

/// Two stages of two basic blocks on 8x8 images with one channel, three categories: layer1.0 and layer1.1 of 4 channels
/// add to their own input, layer2.0 (8 channels, 4x4) has a downsampling, layer2.1 none.
Architecture small_resnet();

}  // namespace neusemslice::test_support
