#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace neusemslice {

/// A file that is made once and that several processes, on one host or on several, may find missing at the same time:
/// one makes it under the name "<target>.part", the others wait at its lock and then find it.
///
///   BuildFile file(target);
///   if (!exists(target)) { file.write_at(0, bytes); file.become_target(); }
///
/// What was not finished is removed. Its functions may be called by several threads, at different offsets. All throw
/// InputError naming path and reason (full or read-only disk, no locks on that file system).
class BuildFile {
 public:
  /// Creates missing folders; waits for other builders.
  explicit BuildFile(std::filesystem::path target);
  ~BuildFile();
  BuildFile(const BuildFile&) = delete;
  BuildFile& operator=(const BuildFile&) = delete;

  [[nodiscard]] const std::filesystem::path& target() const { return target_; }

  void write_at(std::int64_t offset, std::span<const std::uint8_t> bytes) const;
  void read_at(std::int64_t offset, std::span<std::uint8_t> bytes) const;
  void set_size(std::int64_t bytes) const;

  /// Flushes to the disk and takes the target's name, in one step for every reader.
  void become_target();

 private:
  bool open_and_lock();
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path target_;
  std::filesystem::path path_;
  int descriptor_ = -1;
  bool is_renamed_ = false;
};

}  // namespace neusemslice
