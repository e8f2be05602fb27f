#include "data/archive_reader.hpp"

#include <algorithm>

#include <archive.h>
#include <archive_entry.h>

#include "core/error.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

constexpr std::size_t kBlock = 1 << 18;
constexpr std::int64_t kLargestGuess = 1 << 26;

std::string path_of(archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  if (path == nullptr) path = archive_entry_pathname_utf8(entry);  // names that the locale cannot show
  return path != nullptr ? path : "";
}

bool leads_outside(const std::string& member) {
  return member.starts_with('/') || std::ranges::count(split(member, '/'), "..") > 0;
}

}  // namespace

void ArchiveReader::Closer::operator()(archive* reader) const {
  archive_read_free(reader);
}

ArchiveReader::ArchiveReader(std::filesystem::path path) : path_(std::move(path)), reader_(archive_read_new()) {
  require(reader_ != nullptr, "libarchive could not be started");
  archive_read_support_filter_all(reader_.get());
  archive_read_support_format_tar(reader_.get());
  const int status = archive_read_open_filename(reader_.get(), path_.c_str(), kBlock);
  require_input(status == ARCHIVE_OK, "{}: cannot be read as a tar archive: {}", path_.string(), problem());
}

std::string ArchiveReader::problem() const {
  const char* text = archive_error_string(reader_.get());
  return text != nullptr ? first_line(text) : "no reason given";
}

std::optional<std::string> ArchiveReader::next() {
  while (true) {
    const int status = archive_read_next_header(reader_.get(), &entry_);
    if (status == ARCHIVE_EOF) return std::nullopt;
    require_input(status == ARCHIVE_OK || status == ARCHIVE_WARN,
                  "{}: the archive is damaged or cut short after {}: {}; copy or download it again", path_.string(),
                  member_.empty() ? "its beginning" : member_, problem());
    member_ = path_of(entry_);
    require_input(!leads_outside(member_), "{}: the member '{}' leads out of the archive's own folder; refused",
                  path_.string(), member_);
    while (member_.starts_with("./")) member_.erase(0, 2);
    if (archive_entry_filetype(entry_) == AE_IFDIR) continue;
    require_input(archive_entry_filetype(entry_) == AE_IFREG && archive_entry_hardlink(entry_) == nullptr,
                  "{}: the member '{}' is a link or a device, only files and folders are allowed; refused",
                  path_.string(), member_);
    return member_;
  }
}

std::string ArchiveReader::read() {
  std::string content;
  content.reserve(static_cast<std::size_t>(std::clamp<std::int64_t>(archive_entry_size(entry_), 0, kLargestGuess)));
  const void* block = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  int status = ARCHIVE_OK;
  while ((status = archive_read_data_block(reader_.get(), &block, &size, &offset)) == ARCHIVE_OK) {
    content.append(static_cast<const char*>(block), size);
  }
  require_input(status == ARCHIVE_EOF,
                "{}: the archive is damaged or cut short inside {}: {}; copy or download it again", path_.string(),
                member_, problem());
  return content;
}

}  // namespace neusemslice
