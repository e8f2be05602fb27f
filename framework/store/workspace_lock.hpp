#pragma once

#include <filesystem>

namespace neusemslice {

/// Exclusive use of a workspace by one process, for as long as this lives. The system drops the lock when the process
/// dies, however it dies; the file WORKSPACE/lock names the owner. A second process gets an InputError naming the
/// first.
class WorkspaceLock {
 public:
  explicit WorkspaceLock(const std::filesystem::path& workspace);
  ~WorkspaceLock();
  WorkspaceLock(WorkspaceLock&& other) noexcept;
  WorkspaceLock& operator=(WorkspaceLock&& other) noexcept;

 private:
  int descriptor_ = -1;
};

/// Whether a process holds the workspace now.
bool is_workspace_in_use(const std::filesystem::path& workspace);

}  // namespace neusemslice
