#include "data/verify.hpp"

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "data/idx.hpp"
#include "data/unpack.hpp"

namespace neusemslice {
namespace {

/// The most telling difference: another dataset's file, then the size, then the digest.
std::string difference(const DatasetFile& expected, const FileCheck& found) {
  if (found.sha256 == expected.sha256) return "";
  const std::string known = official_content(found.sha256);
  if (!known.empty()) return fmt::format("holds the {}", known);
  if (found.bytes != expected.bytes || found.samples != expected.samples) {
    return fmt::format("holds {} samples in {} bytes, {} in {} expected", found.samples, found.bytes, expected.samples,
                       expected.bytes);
  }
  return fmt::format("its SHA-256 is {}, {} expected", found.sha256, expected.sha256);
}

}  // namespace

FileCheck check_file(const DatasetFile& expected, const std::filesystem::path& path) {
  FileCheck check;
  check.path = path;
  std::string packed = read_file(path);
  try {
    const std::string content = unpack(std::move(packed), path);
    check.bytes = static_cast<std::int64_t>(content.size());
    check.sha256 = sha256_hex(content);
    check.samples = count_idx_samples(content, path);
    check.problem = difference(expected, check);
  } catch (const InputError& damaged) {
    check.problem = damaged.what();
  }
  return check;
}

}  // namespace neusemslice
