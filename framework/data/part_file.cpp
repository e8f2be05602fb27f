#include "data/part_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"

namespace neusemslice {

PartFile::PartFile(std::filesystem::path target) : target_(std::move(target)), path_(target_.string() + ".part") {
  if (target_.has_parent_path()) create_folder(target_.parent_path());
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  require_input(descriptor_ >= 0, "{}: cannot be written: {}", path_.string(), std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor_);
    throw InputError(fmt::format("{}: another program is downloading it; wait for it or stop it", path_.string()));
  }
  size_ = ::lseek(descriptor_, 0, SEEK_END);
}

PartFile::~PartFile() {
  if (!renamed_ && size_ == 0) ::unlink(path_.c_str());
  ::close(descriptor_);
}

bool PartFile::append(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      error_ = errno;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_ += written;
  }
  return true;
}

bool PartFile::clear() noexcept {
  if (size_ == 0) return true;
  if (::ftruncate(descriptor_, 0) != 0) {
    error_ = errno;
    return false;
  }
  size_ = 0;
  return true;
}

std::string PartFile::problem() const {
  return fmt::format("{}: cannot be written: {} ({} done)", path_.string(), std::strerror(error_), human_bytes(size_));
}

void PartFile::become_target() {
  const bool done = ::fsync(descriptor_) == 0 && ::rename(path_.c_str(), target_.c_str()) == 0;
  require_input(done, "{}: cannot be written: {}", target_.string(), std::strerror(errno));
  renamed_ = true;
}

}  // namespace neusemslice
