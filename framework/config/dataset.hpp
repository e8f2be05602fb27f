#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/node.hpp"

namespace neusemslice {

/// A data set: one that the program knows by its name, or one that a description describes (configs/datasets/*.yaml;
/// every key is in KEYS.md).
struct DatasetConfig {
  std::string name;
  std::string title;
  std::string format;  ///< image-folder, idx, cifar10 or cifar100; empty: known by its name, and the rest is unused
  std::string path;    ///< of its folder or archive: absolute, or searched where data sets are
  std::string training = "train";  ///< image-folder: the folder with the training images' class folders
  std::string test = "test";
  std::vector<std::string> classes;  ///< in the order of the categories
  std::int64_t resize = 0;           ///< image-folder: first, the shorter side to so many pixels; 0: leave it
  std::int64_t image_size = 0;       ///< image-folder: height and width of what the network sees
  std::vector<double> mean;          ///< of each channel of pixel / 255; empty: pixels are not normalised
  std::vector<double> deviation;

  std::int64_t training_samples = 0;  ///< of each category, the first ones in file order; 0 = all
  std::int64_t test_samples = 0;

  [[nodiscard]] bool is_described() const { return !format.empty(); }
  bool operator==(const DatasetConfig&) const = default;
};

/// Reads what is under a key `dataset`: a name, or a description written out. `path` names the place, for messages.
DatasetConfig read_dataset(const ConfigNode& node, const std::string& path);

/// Replaces a name or a file under `dataset` by the description it stands for; a name without one stays as it is.
/// A name means datasets/<name>.yaml in the folder of the file that says so, or beside that folder; a text ending in
/// .yaml is a path from there (in an override: from the working directory).
void expand_dataset(ConfigNode& setting);

/// What a command line means by a data set: a known name, or the path of a description, ending in .yaml.
DatasetConfig dataset_from_argument(const std::string& argument);

/// What comes after "dataset:", at this indentation; reading it back gives an equal value.
std::string print_dataset(const DatasetConfig& dataset, std::size_t indentation);

}  // namespace neusemslice
