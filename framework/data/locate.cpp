#include "data/locate.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::string dotted(std::string name) {
  const std::size_t at = name.rfind("-idx");
  if (at != std::string::npos) name[at] = '.';
  return name;
}

std::vector<fs::path> folders_under(const fs::path& folder, const std::string& dataset) {
  return {folder / dataset, folder};
}

std::vector<fs::path> environment_folders(const std::string& dataset) {
  std::vector<fs::path> folders;
  for (const std::string& folder : split(environment("NEUSEMSLICE_DATA").value_or(""), ':')) {
    if (folder.empty()) continue;
    for (const fs::path& place : folders_under(folder, dataset)) folders.push_back(place);
  }
  return folders;
}

std::vector<std::string> missing_files(const fs::path& folder, const DatasetInfo& info) {
  std::vector<std::string> missing;
  for (const DatasetFile& file : info.files.values) {
    if (!find_file(folder, file.name)) missing.push_back(file.name);
  }
  return missing;
}

std::optional<DatasetFiles> files_in(const fs::path& folder, const DatasetInfo& info) {
  DatasetFiles files{folder, {}};
  for (const FileRole role : kFileRoles) {
    const std::optional<fs::path> found = find_file(folder, info.files[role].name);
    if (!found) return std::nullopt;
    files.paths[role] = *found;
  }
  return files;
}

std::optional<DatasetFiles> first_complete(const std::vector<fs::path>& folders, const DatasetInfo& info) {
  for (const fs::path& folder : folders) {
    if (auto files = files_in(folder, info)) return files;
  }
  return std::nullopt;
}

/// "/a/mnist, /a (lacks t10k-labels-idx1-ubyte)": a folder that has some of the files is where the mistake is.
std::string described(const std::vector<fs::path>& folders, const DatasetInfo& info) {
  std::vector<std::string> parts;
  for (const fs::path& folder : folders) {
    const std::vector<std::string> missing = missing_files(folder, info);
    std::string part = folder.string();
    if (missing.empty())
      part += " (complete)";
    else if (missing.size() < kFileRoles.size())
      part += fmt::format(" (lacks {})", fmt::join(missing, ", "));
    parts.push_back(part);
  }
  return parts.empty() ? "no folder" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string file_names(const DatasetInfo& info) {
  std::vector<std::string> names;
  for (const DatasetFile& file : info.files.values) names.push_back(file.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// How a folder or archive may be there, by what follows its name.
constexpr std::array<std::string_view, 3> kPackings = {".tar.gz", ".tgz", ".tar"};

/// The path as it is given, then in its other forms.
std::vector<fs::path> forms_of(const fs::path& path) {
  const std::string text = path.string();
  std::string_view stem = text;
  const auto packing = std::ranges::find_if(kPackings, [&](std::string_view ending) { return stem.ends_with(ending); });
  if (packing != kPackings.end()) stem.remove_suffix(packing->size());
  std::vector<fs::path> forms = {path, fs::path(stem)};
  for (const std::string_view ending : kPackings) forms.emplace_back(fmt::format("{}{}", stem, ending));
  return forms;
}

[[noreturn]] void throw_missing_in(const fs::path& data_dir, const DatasetInfo& info) {
  std::error_code ignored;
  require_input(fs::is_directory(data_dir, ignored), "--data-dir {}: there is no such folder", data_dir.string());
  throw InputError(
      fmt::format("--data-dir {0}: does not hold all of {1} (each plain or .gz): looked in {2}; to get them: "
                  "neusemslice data fetch {3} --to {0}/{3}; without --data-dir these are searched: {4}",
                  data_dir.string(), file_names(info), described(folders_under(data_dir, info.name), info), info.name,
                  described(search_folders(info), info)));
}

}  // namespace

std::optional<fs::path> find_file(const fs::path& folder, const std::string& name) {
  for (const std::string& spelling : {name, name + ".gz", dotted(name), dotted(name) + ".gz"}) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / spelling, ignored)) return folder / spelling;
  }
  return std::nullopt;
}

std::optional<fs::path> download_folder(const std::string& dataset) {
  if (const auto cache = environment("NEUSEMSLICE_CACHE")) return fs::path(*cache) / dataset;
  if (const auto cache = environment("XDG_CACHE_HOME")) return fs::path(*cache) / "neusemslice" / dataset;
  if (const auto home = environment("HOME")) return fs::path(*home) / ".cache" / "neusemslice" / dataset;
  return std::nullopt;
}

std::vector<fs::path> search_folders(const DatasetInfo& info) {
  std::vector<fs::path> folders = environment_folders(info.name);
  if (!info.package_folder.empty()) folders.push_back(info.package_folder);
  if (const auto cache = download_folder(info.name)) folders.push_back(*cache);
  return folders;
}

std::optional<DatasetFiles> search_dataset(const DatasetInfo& info) {
  return first_complete(search_folders(info), info);
}

DatasetFiles locate_dataset(const DatasetInfo& info, const std::optional<fs::path>& data_dir) {
  if (data_dir) {
    if (auto files = first_complete(folders_under(*data_dir, info.name), info)) return *files;
    throw_missing_in(*data_dir, info);
  }
  if (auto files = search_dataset(info)) return *files;
  throw InputError(fmt::format(
      "{}: no folder holds all of {} (each plain or .gz): searched {}; to get them: neusemslice data fetch {}{}",
      info.name, file_names(info), described(search_folders(info), info), info.name,
      info.package.empty() ? "" : fmt::format(", or the Debian package {}", info.package)));
}

fs::path locate_source(const std::string& dataset, const fs::path& path, const std::optional<fs::path>& data_dir) {
  std::vector<fs::path> folders = data_dir ? folders_under(*data_dir, dataset) : environment_folders(dataset);
  const auto cache = download_folder(dataset);
  if (!data_dir && cache) folders.push_back(*cache);
  if (path.is_absolute()) folders.assign(1, fs::path("/"));
  for (const fs::path& folder : folders) {
    for (const fs::path& candidate : forms_of(folder / path)) {
      std::error_code ignored;
      if (fs::exists(candidate, ignored)) return candidate;
    }
  }
  std::vector<std::string> searched;
  for (const fs::path& folder : folders) searched.push_back(folder.string());
  throw InputError(fmt::format(
      "{}: {} is not there, as a folder or an archive: searched {}; give --data-dir or set "
      "NEUSEMSLICE_DATA",
      dataset, path.string(), searched.empty() ? "no folder" : fmt::format("{}", fmt::join(searched, ", "))));
}

}  // namespace neusemslice
