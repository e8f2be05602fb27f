#include "data/build_file.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/stop.hpp"

namespace neusemslice {
namespace {

constexpr auto kPause = std::chrono::milliseconds(50);

/// The name still means the file that is open: nobody has renamed or removed it meanwhile.
bool is_same_file(int descriptor, const std::filesystem::path& path) {
  struct stat open_file {};
  struct stat named_file {};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(path.c_str(), &named_file) == 0 &&
         open_file.st_ino == named_file.st_ino && open_file.st_dev == named_file.st_dev;
}

}  // namespace

BuildFile::BuildFile(std::filesystem::path target) : target_(std::move(target)), path_(target_.string() + ".part") {
  if (target_.has_parent_path()) create_folder(target_.parent_path());
  while (!open_and_lock()) ::close(std::exchange(descriptor_, -1));
}

/// False when the file was finished or given up by another process while this one waited.
bool BuildFile::open_and_lock() {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail("written");
  bool has_waited = false;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      const int error = errno;
      ::close(std::exchange(descriptor_, -1));
      errno = error;
      fail("locked");
    }
    if (!std::exchange(has_waited, true)) spdlog::info("{}: another process is making it; waiting", target_.string());
    std::this_thread::sleep_for(kPause);
    throw_if_stopped();
  }
  return is_same_file(descriptor_, path_);
}

BuildFile::~BuildFile() {
  if (!is_renamed_) ::unlink(path_.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
}

void BuildFile::fail(const char* what) const {
  throw InputError(fmt::format("{}: cannot be {}: {}; NEUSEMSLICE_CACHE names another folder for it", path_.string(),
                               what, std::strerror(errno)));
}

void BuildFile::write_at(std::int64_t offset, std::span<const std::uint8_t> bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += written;
  }
}

void BuildFile::read_at(std::int64_t offset, std::span<std::uint8_t> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(descriptor_, bytes.data(), bytes.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = ENODATA;
    if (got <= 0) fail("read");
    bytes = bytes.subspan(static_cast<std::size_t>(got));
    offset += got;
  }
}

void BuildFile::set_size(std::int64_t bytes) const {
  if (::ftruncate(descriptor_, bytes) != 0) fail("written");
}

void BuildFile::become_target() {
  if (::fsync(descriptor_) != 0 || ::rename(path_.c_str(), target_.c_str()) != 0) fail("written");
  is_renamed_ = true;
}

}  // namespace neusemslice
