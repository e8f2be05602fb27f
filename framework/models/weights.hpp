#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "models/network.hpp"

namespace neusemslice {

/// The user's own network: weights from a safetensors file, checked tensor by tensor against the architecture (names,
/// shapes, float32, finite). The errors say which tensor of which file, and what was expected.
Network load_network(const std::filesystem::path& path, const Architecture& architecture);

/// The architecture that a model's name and its weights tell: for `mlp` the widths are read off fc1, fc2, ..., so
/// shrunken models load by the same command as full ones. Input shape and categories come from the data and must fit.
Architecture architecture_of_weights(const std::string& model, const std::filesystem::path& path,
                                     const std::vector<std::int64_t>& input_shape, std::int64_t categories);

void save_network(const std::filesystem::path& path, const Network& network);

}  // namespace neusemslice
