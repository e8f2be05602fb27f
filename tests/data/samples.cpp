#include "data/samples.hpp"

#include <cstdlib>
#include <fstream>

#include <stdlib.h>
#include <zlib.h>

#include "core/hash.hpp"

namespace neusemslice::testing_data {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "neusemslice-data-XXXXXX").string();
  require(::mkdtemp(name.data()) != nullptr, "no temporary folder {}", name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

EnvironmentVariable::EnvironmentVariable(const char* name, const char* value)
    : name_(name), was_set_(std::getenv(name) != nullptr) {
  if (was_set_) before_ = std::getenv(name);
  value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name);
}

EnvironmentVariable::~EnvironmentVariable() {
  was_set_ ? ::setenv(name_.c_str(), before_.c_str(), 1) : ::unsetenv(name_.c_str());
}

std::string word(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

std::string idx_images(std::uint32_t count, std::uint32_t size) {
  std::string bytes = word(0x00000803) + word(count) + word(size) + word(size);
  for (std::uint32_t pixel = 0; pixel < count * size * size; ++pixel) bytes += static_cast<char>(pixel % 251);
  return bytes;
}

std::string idx_labels(const std::vector<std::uint8_t>& labels) {
  return word(0x00000801) + word(static_cast<std::uint32_t>(labels.size())) + std::string(labels.begin(), labels.end());
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  require(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

fs::path write(const fs::path& path, std::string_view bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

PerFile<std::string> tiny_contents() {
  return {{idx_images(6, 16), idx_labels({0, 1, 0, 1, 1, 0}), idx_images(3, 16), idx_labels({1, 0, 1})}};
}

DatasetInfo tiny_dataset(const PerFile<std::string>& contents) {
  using enum FileRole;
  DatasetInfo info;
  info.name = "tiny";
  info.title = "Tiny";
  info.category_names = {"zero", "one"};
  info.files = find_dataset("mnist").files;
  info.files[training_images].samples = info.files[training_labels].samples = 6;
  info.files[test_images].samples = info.files[test_labels].samples = 3;
  for (const FileRole role : kFileRoles) {
    info.files[role].bytes = static_cast<std::int64_t>(contents[role].size());
    info.files[role].sha256 = sha256_hex(contents[role]);
  }
  return info;
}

void write_dataset(const fs::path& folder, const DatasetInfo& info, const PerFile<std::string>& contents) {
  for (const FileRole role : kFileRoles) write(folder / info.files[role].name, contents[role]);
}

}  // namespace neusemslice::testing_data
