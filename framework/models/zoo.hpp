#pragma once

#include <cstdint>
#include <vector>

#include "config/model.hpp"
#include "models/architecture.hpp"

namespace neusemslice {

// The networks that a config can name, listed in ARCHITECTURES.md. Layers are named as in torchvision's `state_dict`.
// Shapes are (channels, height, width) of one image; an image too small for a network is an InputError. `width`
// multiplies every width but those of images and categories; it is rounded, to at least 1.

/// fc1, fc2, ...: linear layers with a ReLU between them; hidden widths as given.
Architecture make_mlp(const std::vector<std::int64_t>& input_shape, const std::vector<std::int64_t>& hidden,
                      std::int64_t categories);

/// LeNet-5 with ReLU and max pooling. Images below 32 pixels are padded by 2, as MNIST's were for the original.
Architecture make_lenet5(const std::vector<std::int64_t>& input_shape, std::int64_t categories, double width = 1);

/// The AlexNet of method.md section 6 for small images.
Architecture make_alexnet_cifar(const std::vector<std::int64_t>& input_shape, std::int64_t categories,
                                double width = 1);

/// VGG of depth 11, 13, 16 or 19, with three linear layers behind a 7x7 average pooling.
Architecture make_vgg(std::int64_t depth, const std::vector<std::int64_t>& input_shape, std::int64_t categories,
                      double width = 1);

/// The same convolutions with batch norm and one linear layer behind them, for images of 32 pixels.
Architecture make_vgg_cifar(std::int64_t depth, const std::vector<std::int64_t>& input_shape, std::int64_t categories,
                            double width = 1);

/// ResNet of depth 18, 34 (basic blocks), 50 or 101 (bottlenecks).
Architecture make_resnet(std::int64_t depth, const std::vector<std::int64_t>& input_shape, std::int64_t categories,
                         double width = 1);

/// The same with a 3x3 stem that keeps the size, for small images.
Architecture make_resnet_cifar(std::int64_t depth, const std::vector<std::int64_t>& input_shape,
                               std::int64_t categories, double width = 1);

/// The architecture a config names or describes, for images of this shape. Throws InputError for unknown names and for
/// descriptions that do not fit.
Architecture make_architecture(const ModelConfig& model, const std::vector<std::int64_t>& input_shape,
                               std::int64_t categories);

}  // namespace neusemslice
