#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace neusemslice {

/// The whole file; throws InputError naming the path and the system's reason.
std::string read_file(const std::filesystem::path& path);

/// Writes `bytes` under a temporary name beside `path`, flushes them to the disk and renames: a reader, or a machine
/// that loses power, sees the old file or the new one, never a part. Creates missing folders. On failure (full or
/// read-only disk) nothing is left behind and InputError names the path and the reason; a process killed meanwhile
/// leaves `path`.<process>.nss-tmp.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

struct FileContent {
  std::filesystem::path path;
  std::string_view bytes;
};

/// The same for files that belong together: none is renamed before all are on the disk.
void write_files_atomically(const std::vector<FileContent>& files);

/// Creates the folder and its parents; throws InputError naming it and the reason.
void create_folder(const std::filesystem::path& path);

/// "1.4 GB", "310 kB": for messages.
std::string human_bytes(std::int64_t bytes);

/// "1 h 04 min", "3.2 s", "41 ms": for messages.
std::string human_seconds(double seconds);

/// Now, as ISO 8601 in UTC with milliseconds: 2026-11-24T14:40:00.123Z.
std::string utc_now();

}  // namespace neusemslice
