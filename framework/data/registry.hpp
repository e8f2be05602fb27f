#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
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

/// One official file. Size and SHA-256 are those of the unpacked content: it can be packed in more than one way.
struct DatasetFile {
  std::string name;  ///< as distributed, without .gz
  std::int64_t bytes = 0;
  std::string sha256;  ///< empty where none is known
  std::int64_t samples = 0;
  std::string packed_md5 = {};  ///< of the .gz as distributed, where its publisher gives nothing else
};

/// A dataset that is distributed as one archive.
struct DatasetArchive {
  DatasetFile file;    ///< the .tar.gz; its size and samples are not stated
  std::string folder;  ///< what it unpacks to
  std::int64_t training_samples = 0;
  std::int64_t test_samples = 0;
};

struct DatasetInfo {
  std::string name;   ///< on the command line and in configs
  std::string title;  ///< for people
  std::vector<std::string> category_names;
  std::string format = "idx";             ///< idx: four files; cifar10 or cifar100: an archive
  PerFile<DatasetFile> files;             ///< of idx
  std::optional<DatasetArchive> archive;  ///< of the others
  bool is_transposed = false;             ///< images lie in the file column by column
  std::vector<double> mean;               ///< of each channel of pixel / 255; empty: pixels are not normalised
  std::vector<double> deviation;
  std::vector<std::string> base_urls;    ///< each + "/<file name>.gz" is a file; tried in this order
  std::string homepage;                  ///< where to get it by hand, when no server has its files
  std::string package;                   ///< the Debian package that holds it, or empty
  std::filesystem::path package_folder;  ///< where that package puts it
  bool is_described = false;             ///< by the user: whatever its files hold is right

  [[nodiscard]] std::int64_t training_samples() const;
  [[nodiscard]] std::int64_t test_samples() const;
  /// What a server has of it.
  [[nodiscard]] std::vector<DatasetFile> distributed_files() const;
};

/// Every dataset the program knows by name.
const std::vector<DatasetInfo>& known_datasets();

/// "neusemslice data fetch mnist", or where else it is.
std::string how_to_get(const DatasetInfo& info);

/// Throws InputError with the nearest known name.
const DatasetInfo& find_dataset(std::string_view name);

/// "training images of mnist" when `sha256` is an official file's; otherwise empty. The datasets share file names, so
/// this tells a wrong folder from home-made data.
std::string official_content(std::string_view sha256);

}  // namespace neusemslice
