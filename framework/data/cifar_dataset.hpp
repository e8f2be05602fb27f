#pragma once

#include <filesystem>

#include "data/dataset.hpp"
#include "data/registry.hpp"

namespace neusemslice {

/// CIFAR-10 or CIFAR-100 from its binary version in `source`, an archive or a folder (read_cifar).
Dataset load_cifar(const DatasetInfo& info, const std::filesystem::path& source);

}  // namespace neusemslice
