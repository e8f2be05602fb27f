#include "store/snapshot.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <sqlite3.h>

#include "core/error.hpp"
#include "core/files.hpp"

namespace neusemslice {
namespace {

/// The bytes of a file that holds what the database holds now. Results are megabytes, so memory holds them.
class Image {
 public:
  explicit Image(SQLite::Database& database) : bytes_(sqlite3_serialize(database.getHandle(), "main", &size_, 0)) {
    require(bytes_ != nullptr, "{}: no memory for a snapshot of it: {}", database.getFilename(), human_bytes(size_));
  }
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.get()), static_cast<std::size_t>(size_)};
  }

 private:
  struct Free {
    void operator()(unsigned char* bytes) const { sqlite3_free(bytes); }
  };
  sqlite3_int64 size_ = 0;
  std::unique_ptr<unsigned char, Free> bytes_;
};

}  // namespace

std::filesystem::path snapshot_path(const std::filesystem::path& workspace) {
  return workspace / "results-snapshot.db";
}

Snapshot::Snapshot(const std::filesystem::path& workspace) : path_(snapshot_path(workspace)) {
  const std::string name = path_.filename().string();
  for (const auto& entry : std::filesystem::directory_iterator(workspace)) {
    if (entry.path().filename().string().starts_with(name))
      std::filesystem::remove(entry.path());  // unfinished: name.*
  }
}

Snapshot::~Snapshot() {
  std::error_code ignored;  // a snapshot that stays is out of date, which the next owner knows
  std::filesystem::remove(path_, ignored);
}

void Snapshot::refresh(SQLite::Database& database, std::chrono::milliseconds age) {
  const std::int64_t changes = database.getTotalChanges();
  const bool fresh = made_at_ && (changes == changes_ || Clock::now() - *made_at_ < age);
  if (fresh) return;
  write_file_atomically(path_, Image(database).bytes());
  changes_ = changes;
  made_at_ = Clock::now();
}

}  // namespace neusemslice
