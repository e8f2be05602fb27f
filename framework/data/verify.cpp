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
  if (!expected.sha256.empty() && found.sha256 == expected.sha256) return "";
  const std::string known = official_content(found.sha256);
  if (!known.empty()) return fmt::format("holds the {}", known);
  if (found.bytes != expected.bytes || found.samples != expected.samples) {
    return fmt::format("holds {} samples in {} bytes, {} in {} expected", found.samples, found.bytes, expected.samples,
                       expected.bytes);
  }
  if (!expected.sha256.empty()) return fmt::format("its SHA-256 is {}, {} expected", found.sha256, expected.sha256);
  if (expected.packed_md5.empty()) return "";  // no digest is known
  return fmt::format("is not the .gz as distributed, whose MD5 is {}; other digests are not published",
                     expected.packed_md5);
}

}  // namespace

FileCheck check_file(const DatasetFile& expected, const std::filesystem::path& path) {
  FileCheck check;
  check.path = path;
  std::string packed = read_file(path);
  const std::string md5 = expected.packed_md5.empty() ? "" : md5_hex(packed);
  const bool is_as_distributed = !md5.empty() && md5 == expected.packed_md5;
  if (expected.samples == 0) {  // an archive
    check.bytes = static_cast<std::int64_t>(packed.size());
    if (!is_as_distributed) check.problem = fmt::format("its MD5 is {}, {} expected", md5, expected.packed_md5);
    return check;
  }
  try {
    const std::string content = unpack(std::move(packed), path);
    check.bytes = static_cast<std::int64_t>(content.size());
    check.sha256 = sha256_hex(content);
    check.samples = count_idx_samples(content, path);
    if (!is_as_distributed) check.problem = difference(expected, check);
  } catch (const InputError& damaged) {
    check.problem = damaged.what();
  }
  return check;
}

}  // namespace neusemslice
