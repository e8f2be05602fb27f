#pragma once

#include <cstdint>
#include <vector>

#include "config/suite.hpp"
#include "models/architecture.hpp"

namespace neusemslice {

/// fc1, fc2, ...: linear layers with a ReLU between them; hidden widths as given, inputs and categories from the data.
Architecture make_mlp(const std::vector<std::int64_t>& input_shape, const std::vector<std::int64_t>& hidden,
                      std::int64_t categories);

/// The AlexNet of method.md section 6 for small images.
Architecture make_alexnet_cifar(const std::vector<std::int64_t>& input_shape, std::int64_t categories);

/// The architecture a config names, for images of this shape.
Architecture make_architecture(const ModelConfig& model, const std::vector<std::int64_t>& input_shape,
                               std::int64_t categories);

}  // namespace neusemslice
