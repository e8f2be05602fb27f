#include "data/cifar.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"
#include "data/archive_reader.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPixels = 3 * 32 * 32;

using Contents = std::map<std::string, std::string>;  // by file name

std::vector<std::string> file_names(const CifarFormat& format) {
  std::vector<std::string> names = format.training_files;
  names.push_back(format.test_file);
  return names;
}

Contents read_archive(const fs::path& source, const std::vector<std::string>& names) {
  ArchiveReader archive(source);
  Contents contents;
  while (const auto member = archive.next()) {
    const std::string name = fs::path(*member).filename().string();
    if (std::ranges::find(names, name) != names.end()) contents[name] = archive.read();
  }
  return contents;
}

/// The folder that holds the first of the files: `folder`, or one right below it.
fs::path folder_with(const fs::path& folder, const std::string& name) {
  if (fs::exists(folder / name)) return folder;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::exists(entry.path() / name)) return entry.path();
  }
  return folder;
}

Contents read_folder(const fs::path& source, const std::vector<std::string>& names) {
  const fs::path folder = folder_with(source, names.front());
  Contents contents;
  for (const std::string& name : names) {
    if (fs::exists(folder / name)) contents[name] = read_file(folder / name);
  }
  return contents;
}

void append(CifarImages& images, const std::string& content, const CifarFormat& format, const std::string& where) {
  const auto record = static_cast<std::size_t>(format.label_bytes + kPixels);
  require_input(!content.empty() && content.size() % record == 0,
                "{}: has {} bytes, which is no whole number of records of {}; copy or download it again", where,
                content.size(), record);
  for (std::size_t begin = 0; begin < content.size(); begin += record) {
    const std::size_t pixels = begin + static_cast<std::size_t>(format.label_bytes);
    const auto label = static_cast<std::uint8_t>(content[pixels - 1]);
    require_input(label < format.categories, "{}: label {} is {}, but there are {} categories (0 to {})", where,
                  begin / record, label, format.categories, format.categories - 1);
    images.labels.push_back(label);
    images.pixels.insert(images.pixels.end(), content.begin() + static_cast<std::ptrdiff_t>(pixels),
                         content.begin() + static_cast<std::ptrdiff_t>(begin + record));
  }
}

}  // namespace

CifarFormat cifar_format(const std::string& name) {
  if (name == "cifar100") return {{"train.bin"}, "test.bin", 2, 100};
  require(name == "cifar10", "{} is no CIFAR format", name);
  return {{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
          "test_batch.bin",
          1,
          10};
}

CifarData read_cifar(const fs::path& source, const CifarFormat& format) {
  const std::vector<std::string> names = file_names(format);
  const Contents contents = fs::is_directory(source) ? read_folder(source, names) : read_archive(source, names);
  CifarData data;
  Sha256 fingerprint;
  for (const std::string& name : names) {
    const auto content = contents.find(name);
    require_input(content != contents.end(), "{}: does not hold {} of CIFAR's binary version", source.string(), name);
    append(name == format.test_file ? data.test : data.training, content->second, format,
           fmt::format("{}: {}", source.string(), name));
    fingerprint.add(sha256_hex(content->second)).add("\n");
  }
  data.fingerprint = fingerprint.hex();
  return data;
}

}  // namespace neusemslice
