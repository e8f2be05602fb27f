#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace neusemslice {

/// The four files of a dataset, in the order in which they are kept everywhere.
enum class FileRole : std::size_t { training_images, training_labels, test_images, test_labels };
inline constexpr std::array kFileRoles = {FileRole::training_images, FileRole::training_labels, FileRole::test_images,
                                          FileRole::test_labels};

/// "training images", for messages.
std::string_view role_name(FileRole role);

/// A value for each of the four files: `paths[FileRole::test_labels]`.
template <typename T>
struct PerFile {
  std::array<T, kFileRoles.size()> values;
  T& operator[](FileRole role) { return values[static_cast<std::size_t>(role)]; }
  const T& operator[](FileRole role) const { return values[static_cast<std::size_t>(role)]; }
};

/// One official file. Size and digest are those of the unpacked content: it can be packed in more than one way.
struct DatasetFile {
  std::string name;  ///< as distributed, without .gz
  std::int64_t bytes = 0;
  std::string sha256;
  std::int64_t samples = 0;
};

struct DatasetInfo {
  std::string name;   ///< on the command line and in configs
  std::string title;  ///< for people
  std::vector<std::string> category_names;
  PerFile<DatasetFile> files;
  std::vector<std::string> base_urls;    ///< each + "/<file name>.gz" is a file; tried in this order
  std::string package;                   ///< the Debian package that holds it, or empty
  std::filesystem::path package_folder;  ///< where that package puts it
};

/// Every dataset the program knows by name.
const std::vector<DatasetInfo>& known_datasets();

/// Throws InputError with the nearest known name.
const DatasetInfo& find_dataset(std::string_view name);

/// "training images of mnist" when `sha256` is an official file's; otherwise empty. The datasets share file names, so
/// this tells a wrong folder from home-made data.
std::string official_content(std::string_view sha256);

}  // namespace neusemslice
