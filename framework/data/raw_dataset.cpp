#include "data/raw_dataset.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/locate.hpp"
#include "data/unpack.hpp"

namespace neusemslice {
namespace {

/// Reads the dataset's files one by one and remembers their digests.
class FileReader {
 public:
  FileReader(const DatasetInfo& info, const DatasetFiles& files) : info_(info), files_(files) {}

  IdxImages images(FileRole role) { return parse_idx_images(content(role), files_.paths[role]); }
  std::vector<std::uint8_t> labels(FileRole role) { return parse_idx_labels(content(role), files_.paths[role]); }
  [[nodiscard]] const PerFile<std::string>& sha256() const { return sha256_; }

 private:
  std::string content(FileRole role) {
    std::string bytes = read_unpacked(files_.paths[role]);
    sha256_[role] = sha256_hex(bytes);
    const bool is_right = info_.is_described || sha256_[role] == info_.files[role].sha256;
    const std::string known = is_right ? "" : official_content(sha256_[role]);
    require_input(known.empty(), "{}: holds the {}, {} of {} expected; give the folder of that dataset",
                  files_.paths[role].string(), known, role_name(role), info_.name);
    return bytes;
  }

  const DatasetInfo& info_;
  const DatasetFiles& files_;
  PerFile<std::string> sha256_;
};

void check_labels(const std::vector<std::uint8_t>& labels, const IdxImages& images, const DatasetInfo& info,
                  const DatasetFiles& files, FileRole labels_role, FileRole images_role) {
  const std::string path = files.paths[labels_role].string();
  require_input(static_cast<std::int64_t>(labels.size()) == images.count,
                "{}: has {} labels for the {} images of {}; the two files do not belong together", path, labels.size(),
                images.count, files.paths[images_role].string());
  const std::size_t categories = info.category_names.size();
  const auto wrong =
      std::find_if(labels.begin(), labels.end(), [&](std::uint8_t label) { return label >= categories; });
  if (wrong == labels.end()) return;
  throw InputError(fmt::format("{}: label {} is {}, but {} has {} categories (0 to {})", path, wrong - labels.begin(),
                               *wrong, info.name, categories, categories - 1));
}

void check_consistency(const RawDataset& data, const DatasetInfo& info, const DatasetFiles& files) {
  using enum FileRole;
  check_labels(data.training_labels, data.training_images, info, files, training_labels, training_images);
  check_labels(data.test_labels, data.test_images, info, files, test_labels, test_images);
  const IdxImages& training = data.training_images;
  const IdxImages& test = data.test_images;
  require_input(training.height == test.height && training.width == test.width,
                "{}: images of {} x {} pixels, but those of {} are {} x {}; both splits must agree",
                files.paths[test_images].string(), test.height, test.width, files.paths[training_images].string(),
                training.height, training.width);
}

bool is_official(const PerFile<std::string>& sha256, const DatasetInfo& info) {
  return std::all_of(kFileRoles.begin(), kFileRoles.end(),
                     [&](FileRole role) { return sha256[role] == info.files[role].sha256; });
}

}  // namespace

std::string fingerprint(const PerFile<std::string>& sha256_of_unpacked) {
  Sha256 hash;
  for (const std::string& sha256 : sha256_of_unpacked.values) hash.add(sha256).add("\n");
  return hash.hex();
}

RawDataset load_raw_dataset(const DatasetInfo& info, const std::optional<std::filesystem::path>& data_dir) {
  const DatasetFiles files = locate_dataset(info, data_dir);
  FileReader reader(info, files);
  RawDataset data;
  data.training_images = reader.images(FileRole::training_images);
  data.training_labels = reader.labels(FileRole::training_labels);
  data.test_images = reader.images(FileRole::test_images);
  data.test_labels = reader.labels(FileRole::test_labels);
  check_consistency(data, info, files);
  data.fingerprint = fingerprint(reader.sha256());
  data.official = is_official(reader.sha256(), info);
  const bool has_digests = !info.files[FileRole::training_images].sha256.empty();
  if (!data.official && has_digests) {
    spdlog::warn("{}: is not the official {} (see 'neusemslice data verify {}'); used as it is", files.folder.string(),
                 info.name, info.name);
  }
  return data;
}

}  // namespace neusemslice
