#include "store/workspace_lock.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"

namespace neusemslice {

WorkspaceLock::WorkspaceLock(const std::filesystem::path& workspace) {
  const std::filesystem::path path = workspace / "lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  require_input(descriptor_ >= 0, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const std::string owner = read_file(path);
    ::close(std::exchange(descriptor_, -1));
    throw InputError(fmt::format("{}: this workspace is in use by {}; wait for it, stop it, or use another workspace",
                                 workspace.string(), owner.empty() ? "another process" : owner));
  }
  const std::string owner = fmt::format("process {} on {}, since {}", ::getpid(), host_name(), utc_now());
  const bool written = ::ftruncate(descriptor_, 0) == 0 &&
                       ::pwrite(descriptor_, owner.data(), owner.size(), 0) == static_cast<ssize_t>(owner.size());
  if (!written) {
    const std::string reason = std::strerror(errno);
    ::close(std::exchange(descriptor_, -1));
    throw InputError(fmt::format("{}: cannot be written: {}", path.string(), reason));
  }
}

WorkspaceLock::~WorkspaceLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

WorkspaceLock::WorkspaceLock(WorkspaceLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

WorkspaceLock& WorkspaceLock::operator=(WorkspaceLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown host";
}

}  // namespace neusemslice
