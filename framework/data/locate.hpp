#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/registry.hpp"

namespace neusemslice {

/// A dataset on this machine: four files of one folder (files of different folders are never mixed).
struct DatasetFiles {
  std::filesystem::path folder;
  PerFile<std::filesystem::path> paths;
};

/// The file called `name` in `folder`: plain, with ".gz", or in the dotted spelling "train-images.idx3-ubyte".
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder, const std::string& name);

/// Where `data fetch` puts the dataset, and where what is made of it is kept: $NEUSEMSLICE_CACHE, else
/// $XDG_CACHE_HOME/neusemslice, else ~/.cache/neusemslice, each + "/<dataset>"; nothing when not even HOME is set.
std::optional<std::filesystem::path> download_folder(const std::string& dataset);

/// The folders searched when no --data-dir is given, in this order: those of $NEUSEMSLICE_DATA (separated by ':'; in
/// each the subfolder named like the dataset, then the folder itself), the Debian package's, the download folder.
std::vector<std::filesystem::path> search_folders(const DatasetInfo& info);

/// The first of `search_folders` that holds all four files.
std::optional<DatasetFiles> search_dataset(const DatasetInfo& info);

/// The dataset's files in `data_dir` (its subfolder named like the dataset, or the folder itself) and nowhere else;
/// without `data_dir` as search_dataset does. Throws InputError that says what is missing, where, and how to get it.
DatasetFiles locate_dataset(const DatasetInfo& info, const std::optional<std::filesystem::path>& data_dir);

/// The folder or archive called `path` of a described dataset: itself when it is absolute; else in `data_dir` (its
/// subfolder named like the dataset, or the folder itself); else in the folders of $NEUSEMSLICE_DATA, as above, and in
/// the download folder. "x.tar.gz" may lie there unpacked as "x", and "x" packed as "x.tar.gz", "x.tgz" or "x.tar".
/// Throws InputError with the places searched.
std::filesystem::path locate_source(const std::string& dataset, const std::filesystem::path& path,
                                    const std::optional<std::filesystem::path>& data_dir);

}  // namespace neusemslice
