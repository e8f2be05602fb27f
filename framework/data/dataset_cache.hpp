#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "data/dataset.hpp"

namespace neusemslice {

/// Data sets by name, each read once.
class DatasetCache {
 public:
  explicit DatasetCache(std::optional<std::filesystem::path> data_dir) : data_dir_(std::move(data_dir)) {}

  /// Reads it at the first call. Throws InputError when another description had the same name.
  const Dataset& get(const DatasetConfig& config);

  /// One that was read before.
  const Dataset& get(const std::string& name) const;

 private:
  struct Entry {
    DatasetConfig config;
    Dataset dataset;
  };

  std::optional<std::filesystem::path> data_dir_;
  std::map<std::string, Entry> entries_;
};

}  // namespace neusemslice
