#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace neusemslice {

/// A download on its way: "<target>.part", kept when the program ends so that a later one continues it. Holds the file
/// locked, so that two programs never write the same one. An empty one is removed at the end.
class PartFile {
 public:
  /// Opens what an earlier download left, or a new file; creates missing folders. Throws InputError.
  explicit PartFile(std::filesystem::path target);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::int64_t size() const noexcept { return size_; }

  /// Appends, or drops everything; false (and `problem` says why) when the disk refuses. They do not throw, for libcurl
  /// calls them.
  bool append(std::string_view bytes) noexcept;
  bool clear() noexcept;
  [[nodiscard]] std::string problem() const;

  /// Flushes to the disk and takes the target's name, in one step for every reader. Throws InputError.
  void become_target();

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
  int error_ = 0;
  bool renamed_ = false;
};

}  // namespace neusemslice
