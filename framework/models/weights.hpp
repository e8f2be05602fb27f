#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "models/network.hpp"

namespace neusemslice {

// Weights are safetensors with the names of a `state_dict`: parameters and batch norm's running statistics, float32.
// `num_batches_tracked`, which PyTorch counts beside them, is written as 0 and passed over when read.

/// The user's own network: weights from a file, checked tensor by tensor against the architecture (names, shapes,
/// float32, finite). The errors say which tensor of which file, and what was expected.
Network load_network(const std::filesystem::path& path, const Architecture& architecture);

/// What training starts from: the weights that are given, else parameters drawn by make_network. With a new head, the
/// last layer is not read (published weights are for other categories) but drawn.
Network starting_network(const Architecture& architecture, const WeightsConfig& weights, std::uint64_t seed);

/// The architecture that a model's name and its weights tell: one of the zoo with every width read off the weights, so
/// that shrunken models load by the same command as full ones; or what a description says whose file name ends in .yaml
/// (architecture_file.hpp). Input shape and categories come from the data and must fit.
Architecture architecture_of_weights(const std::string& model, const std::filesystem::path& path,
                                     const std::vector<std::int64_t>& input_shape, std::int64_t categories);

void save_network(const std::filesystem::path& path, const Network& network);

/// What save_network writes.
std::string network_bytes(const Network& network);

}  // namespace neusemslice
