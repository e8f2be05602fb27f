#include "data/image_files.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/text.hpp"
#include "data/archive_reader.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const std::string& name) {
  return name.starts_with('.');
}

bool is_image(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return name.ends_with(".jpg") || name.ends_with(".jpeg") || name.ends_with(".png");
}

/// What stood beside the images: a data set in another format should not shrink silently.
class OtherFiles {
 public:
  void add(const std::string& name) {
    if (count_++ == 0) first_ = name;
  }
  void warn(const fs::path& source) const {
    if (count_ == 0) return;
    spdlog::warn("{}: {} files of the class folders are neither .jpg, .jpeg nor .png and are left out, such as {}",
                 source.string(), count_, first_);
  }

 private:
  std::int64_t count_ = 0;
  std::string first_;
};

struct Member {
  ImagePlace place;
  std::string root;  ///< what stands before the training or test folder
};

/// The place of an archive's file, when it is one of the classes' files.
std::optional<Member> member_of(const std::string& path, const ImageLayout& layout) {
  const std::vector<std::string> parts = split(path, '/');
  if (parts.size() < 3) return std::nullopt;
  const std::string& part = parts[parts.size() - 3];
  const auto named = std::ranges::find(layout.classes, parts[parts.size() - 2]);
  if ((part != layout.training && part != layout.test) || named == layout.classes.end()) return std::nullopt;
  const std::size_t root = path.size() - parts.back().size() - named->size() - part.size() - 2;
  return Member{{part == layout.test, named - layout.classes.begin(), parts.back()}, path.substr(0, root)};
}

void read_archive(const fs::path& source, const ImageLayout& layout, const std::function<void(ImageFile)>& take) {
  ArchiveReader archive(source);
  OtherFiles others;
  std::set<ImagePlace> seen;
  std::optional<std::string> root;
  while (const auto path = archive.next()) {
    const std::optional<Member> member = member_of(*path, layout);
    if (!member || is_hidden(member->place.name)) continue;
    if (!is_image(member->place.name)) {
      others.add(*path);
      continue;
    }
    if (!root) root = member->root;
    require_input(member->root == *root, "{}: holds two image folders, '{}' and '{}'; one is expected", source.string(),
                  *root + layout.training, member->root + layout.training);
    require_input(seen.insert(member->place).second, "{}: holds {} twice", source.string(), *path);
    take({member->place, archive.read()});
  }
  others.warn(source);
}

bool has_parts(const fs::path& folder, const ImageLayout& layout) {
  std::error_code ignored;
  return fs::is_directory(folder / layout.training, ignored) || fs::is_directory(folder / layout.test, ignored);
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && !is_hidden(entry.path().filename())) folders.push_back(entry.path());
  }
  return folders;
}

/// The folder that holds the training and test folders: `source`, or the only folder in it (as archives unpack).
fs::path root_of(const fs::path& source, const ImageLayout& layout) {
  if (has_parts(source, layout)) return source;
  const std::vector<fs::path> below = folders_in(source);
  if (below.size() == 1 && has_parts(below.front(), layout)) return below.front();
  throw InputError(
      fmt::format("{}: holds no folder '{}' with a folder of images for each class", source.string(), layout.training));
}

fs::path path_in(const fs::path& root, const ImageLayout& layout, const ImagePlace& place) {
  return root / (place.is_test ? layout.test : layout.training) /
         layout.classes[static_cast<std::size_t>(place.category)] / place.name;
}

/// The images of one class folder, by name; a missing folder has none.
std::vector<ImagePlace> list_class(const fs::path& root, const ImageLayout& layout, bool is_test, std::int64_t category,
                                   OtherFiles& others) {
  std::vector<ImagePlace> places;
  const fs::path folder = path_in(root, layout, {is_test, category, ""});
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (is_hidden(name) || !entry.is_regular_file()) continue;
    if (is_image(name))
      places.push_back({is_test, category, name});
    else
      others.add(entry.path().string());
  }
  std::ranges::sort(places);
  return places;
}

std::vector<ImagePlace> list_folder(const fs::path& root, const ImageLayout& layout, OtherFiles& others) {
  std::vector<ImagePlace> places;
  for (const bool is_test : {false, true}) {
    for (std::size_t category = 0; category < layout.classes.size(); ++category) {
      const auto of_class = list_class(root, layout, is_test, static_cast<std::int64_t>(category), others);
      places.insert(places.end(), of_class.begin(), of_class.end());
    }
  }
  return places;
}

std::string file_state(const fs::path& path, const std::string& name) {
  std::error_code size_error;
  std::error_code time_error;
  const auto size = fs::file_size(path, size_error);
  const auto time = fs::last_write_time(path, time_error);
  require_input(!size_error && !time_error, "{}: cannot be read: {}", path.string(),
                (size_error ? size_error : time_error).message());
  return fmt::format("{} {} {}\n", name, size, time.time_since_epoch().count());
}

}  // namespace

std::string shown(const ImagePlace& place, const ImageLayout& layout) {
  return path_in("", layout, place).string();
}

void read_image_files(const fs::path& source, const ImageLayout& layout, const std::function<void(ImageFile)>& take) {
  if (!fs::is_directory(source)) return read_archive(source, layout, take);
  OtherFiles others;
  const fs::path root = root_of(source, layout);
  for (const ImagePlace& place : list_folder(root, layout, others)) {
    take({place, read_file(path_in(root, layout, place))});
  }
  others.warn(source);
}

std::string source_state(const fs::path& source, const ImageLayout& layout) {
  const std::string name = fs::weakly_canonical(source).string();
  if (!fs::is_directory(source)) return file_state(source, name);
  OtherFiles others;
  const fs::path root = root_of(source, layout);
  std::string state = name + "\n";
  for (const ImagePlace& place : list_folder(root, layout, others)) {
    state += file_state(path_in(root, layout, place), shown(place, layout));
  }
  return state;
}

}  // namespace neusemslice
