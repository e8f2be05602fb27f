#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace neusemslice {

/// How an image folder is laid out: <training or test folder>/<class>/<image>, below any number of other folders in an
/// archive, and at most one in a folder.
struct ImageLayout {
  std::string training = "train";
  std::string test = "test";
  std::vector<std::string> classes;  ///< names of class folders, in the order of the categories; others are left out

  bool operator==(const ImageLayout&) const = default;
};

/// Where an image belongs. Ordered as a data set is: training before test, by category, by name.
struct ImagePlace {
  bool is_test = false;
  std::int64_t category = 0;
  std::string name;

  auto operator<=>(const ImagePlace&) const = default;
};

/// "train/cat/0001.jpg", for messages.
std::string shown(const ImagePlace& place, const ImageLayout& layout);

struct ImageFile {
  ImagePlace place;
  std::string bytes;
};

/// Reads every JPEG and PNG (by its ending) of the classes and gives it to `take`; a folder in the order of places, an
/// archive in its own. Hidden files are ignored; other files inside class folders are counted in a warning. Throws
/// InputError: not such a folder or archive, an image that is there twice, images under two different roots.
void read_image_files(const std::filesystem::path& source, const ImageLayout& layout,
                      const std::function<void(ImageFile)>& take);

/// A text that changes when the source does: of an archive, path, size and time of change; of a folder, those of every
/// image.
std::string source_state(const std::filesystem::path& source, const ImageLayout& layout);

}  // namespace neusemslice
