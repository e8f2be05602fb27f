#include "core/files.hpp"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <system_error>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

constexpr std::string_view kTemporarySuffix = ".nss-tmp";

std::string reason() {
  return std::strerror(errno);
}

/// Owns a descriptor, and the file's name until it is kept.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::filesystem::path path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!kept_) ::unlink(path_.c_str());
  }

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  /// Everything is on the disk after this.
  bool finish() { return ::fsync(descriptor_) == 0 && ::close(std::exchange(descriptor_, -1)) == 0; }

  bool keep_as(const std::filesystem::path& target) {
    kept_ = ::rename(path_.c_str(), target.c_str()) == 0;
    return kept_;
  }

 private:
  std::filesystem::path path_;
  int descriptor_;
  bool kept_ = false;
};

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// A rename is durable only once its folder is on the disk too.
void flush_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  require_input(descriptor >= 0, "{}: cannot be opened: {}", path.string(), reason());
  struct stat info {};
  const bool readable = ::fstat(descriptor, &info) == 0 && !S_ISDIR(info.st_mode);
  std::string bytes(readable ? static_cast<std::size_t>(info.st_size) : 0, '\0');
  std::size_t done = 0;
  ssize_t got = 0;
  while (readable && done < bytes.size()) {
    got = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  const std::string why = readable ? reason() : "it is a folder";
  ::close(descriptor);
  require_input(readable && got >= 0, "{}: cannot be read: {}", path.string(), why);
  bytes.resize(done);
  return bytes;
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  write_files_atomically({{path, bytes}});
}

void write_files_atomically(const std::vector<FileContent>& files) {
  std::vector<std::unique_ptr<TemporaryFile>> written;
  for (const FileContent& file : files) {
    create_folder(folder_of(file.path));
    written.push_back(
        std::make_unique<TemporaryFile>(fmt::format("{}.{}{}", file.path.string(), ::getpid(), kTemporarySuffix)));
    TemporaryFile& temporary = *written.back();
    const bool complete = temporary.is_open() && temporary.write(file.bytes) && temporary.finish();
    require_input(complete, "{}: cannot be written: {} ({} needed)", file.path.string(), reason(),
                  human_bytes(static_cast<std::int64_t>(file.bytes.size())));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    const bool renamed = written[i]->keep_as(files[i].path);
    require_input(renamed, "{}: cannot be written: {} ({} needed)", files[i].path.string(), reason(),
                  human_bytes(static_cast<std::int64_t>(files[i].bytes.size())));
    flush_folder(folder_of(files[i].path));
  }
}

void create_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  require_input(!error, "{}: this folder cannot be made: {}", path.string(), error.message());
}

std::string human_bytes(std::int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value >= 999.95e6) return fmt::format("{:.1f} GB", value / 1e9);  // what would round to 1000.0 MB
  if (value >= 999.5e3) return fmt::format("{:.1f} MB", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.0f} kB", value / 1e3);
  return fmt::format("{} bytes", bytes);
}

std::string human_seconds(double seconds) {
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1e3);  // above, it would round to 1000 ms
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const std::time_t seconds = milliseconds / 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), milliseconds % 1000);
}

}  // namespace neusemslice
