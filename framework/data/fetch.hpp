#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/registry.hpp"

namespace neusemslice {

struct FetchOptions {
  bool force = false;                   ///< also what is there already, replacing what differs
  std::optional<std::string> base_url;  ///< instead of the dataset's own servers
};

struct FetchedFile {
  std::filesystem::path path;
  std::string url;  ///< empty: it was there already, and right
};

/// Brings the dataset's files, or its archive, into `folder` as "<name>.gz". What is there and right stays; what is
/// there and differs is an error unless forced. A download that was cut, now or in an earlier run, continues; a server
/// that fails is followed by the next. A file gets its name only once its unpacked content is the official one, else it
/// is removed. Throws InputError (folder or disk), EnvironmentError (no server gave the file), CheckError (what they
/// gave differs).
std::vector<FetchedFile> fetch_dataset(const DatasetInfo& info, const std::filesystem::path& folder,
                                       const FetchOptions& options);

}  // namespace neusemslice
