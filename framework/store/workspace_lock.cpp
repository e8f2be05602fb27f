#include "store/workspace_lock.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/host.hpp"

namespace neusemslice {
namespace {

/// 0, or why not. Tries for a moment: is_workspace_in_use holds the lock for as long as it takes to ask.
int lock_exclusively(int descriptor) {
  constexpr int kAttempts = 10;
  int refusal = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return 0;
    refusal = errno;
    if (refusal != EWOULDBLOCK) return refusal;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return refusal;
}

}  // namespace

WorkspaceLock::WorkspaceLock(const std::filesystem::path& workspace) {
  const std::filesystem::path path = workspace / "lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  require_input(descriptor_ >= 0, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  const int refusal = lock_exclusively(descriptor_);
  if (refusal != 0) {
    const std::string owner = read_file(path);
    ::close(std::exchange(descriptor_, -1));
    require_input(refusal == EWOULDBLOCK, "{}: cannot be locked: {}; use a workspace on another file system",
                  path.string(), std::strerror(refusal));
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

bool is_workspace_in_use(const std::filesystem::path& workspace) {
  const int descriptor = ::open((workspace / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return held;
}

}  // namespace neusemslice
