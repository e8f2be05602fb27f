#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/reader.hpp"

namespace neusemslice {

/// The networks a config can name (models/ARCHITECTURES.md).
const std::vector<std::string>& model_names();

/// Which network, up to what the data decide (inputs and categories): one of the zoo, or one that a description
/// describes.
struct ModelConfig {
  std::string name = "mlp";
  std::vector<std::int64_t> hidden = {512, 256};  ///< of mlp: widths of the hidden layers
  double width = 1;                               ///< every hidden width times this, rounded, at least 1
  std::string file;                               ///< where the description was read; then `name` is its stem
  std::string description;                        ///< its text; empty: one of the zoo

  [[nodiscard]] bool is_described() const { return !description.empty(); }
  bool operator==(const ModelConfig&) const = default;
};

/// What training starts from: weights from a file, or (`file` empty) random ones.
struct WeightsConfig {
  std::string file;
  bool new_head = false;  ///< draw the last layer anew: the weights are for other categories

  bool operator==(const WeightsConfig&) const = default;
};

/// Files are meant from the folder of the file that names them (in an override: from the working directory).
ModelConfig read_model(ConfigReader reader);
WeightsConfig read_weights(ConfigReader reader);

/// In flow style; reading it back gives an equal value.
std::string print_model(const ModelConfig& model);
std::string print_weights(const WeightsConfig& weights);

}  // namespace neusemslice
