#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include <SQLiteCpp/SQLiteCpp.h>

namespace neusemslice {

/// WORKSPACE/results-snapshot.db.
std::filesystem::path snapshot_path(const std::filesystem::path& workspace);

/// A copy of the database beside it, for readers while a rollback journal keeps the database itself locked. The file is
/// replaced as a whole and never changed. It lives as long as this object; what a killed run left is removed first,
/// before the database is locked: a reader that finds the database locked must not find an old snapshot.
class Snapshot {
 public:
  explicit Snapshot(const std::filesystem::path& workspace);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// Copies what `database` (always the same) holds now, unless nothing changed since the last copy or that is younger
  /// than `age`.
  void refresh(SQLite::Database& database, std::chrono::milliseconds age);

 private:
  using Clock = std::chrono::steady_clock;

  std::filesystem::path path_;
  std::optional<Clock::time_point> made_at_;
  std::int64_t changes_ = 0;  ///< rows changed in the database until the last copy
};

}  // namespace neusemslice
