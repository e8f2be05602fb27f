#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/idx.hpp"
#include "data/registry.hpp"

namespace neusemslice {

/// A dataset as its files hold it, in file order, checked to be consistent: as many labels as images in each split,
/// images of one size in both, every label a category of the dataset.
struct RawDataset {
  IdxImages training_images;
  std::vector<std::uint8_t> training_labels;
  IdxImages test_images;
  std::vector<std::uint8_t> test_labels;
  std::string fingerprint;  ///< of the content, see `fingerprint`
  bool official = false;    ///< byte for byte what the dataset's authors distribute
};

/// Names the content of a dataset, however its files are packed: SHA-256 of the four files' SHA-256 in hexadecimal, in
/// the order of FileRole, each followed by a newline (what `sha256sum` of that text prints).
std::string fingerprint(const PerFile<std::string>& sha256_of_unpacked);

/// Finds (see locate_dataset), reads, hashes and checks the dataset; each file is read and unpacked once. Content other
/// than the official is used with a warning, for people bring their own data in this format; but the official files of
/// another dataset are an error. Throws InputError naming the file, the index and the value.
RawDataset load_raw_dataset(const DatasetInfo& info, const std::optional<std::filesystem::path>& data_dir);

}  // namespace neusemslice
