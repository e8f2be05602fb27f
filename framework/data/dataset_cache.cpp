#include "data/dataset_cache.hpp"

#include "core/error.hpp"

namespace neusemslice {

const Dataset& DatasetCache::get(const DatasetConfig& config) {
  auto found = entries_.find(config.name);
  if (found == entries_.end()) {
    found = entries_.emplace(config.name, Entry{config, load_dataset(config, data_dir_)}).first;
  }
  require_input(found->second.config == config, "two data sets that differ are called {}; give one another name",
                config.name);
  return found->second.dataset;
}

const Dataset& DatasetCache::get(const std::string& name) const {
  const auto found = entries_.find(name);
  require(found != entries_.end(), "the data set {} was not read", name);
  return found->second.dataset;
}

}  // namespace neusemslice
