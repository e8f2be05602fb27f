#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <sys/types.h>

namespace neusemslice::test_support {

/// What a reader saw.
struct Readings {
  std::int64_t count = 0;
  std::int64_t last = 0;        ///< done jobs
  std::int64_t times_less = 0;  ///< readings with fewer jobs done than the one before
  std::int64_t states = 0;      ///< different numbers seen
  double slowest_seconds = 0;
  std::string error;  ///< of the reading that failed; none came after it
};

/// Another process that reads how many jobs are done, as `neusemslice status` does, over and over until it is told to
/// end.
class ReadingProcess {
 public:
  explicit ReadingProcess(const std::filesystem::path& workspace);
  ~ReadingProcess();
  ReadingProcess(const ReadingProcess&) = delete;
  ReadingProcess& operator=(const ReadingProcess&) = delete;

  /// Returns when it has read what was there at the call.
  void await_reading();

  /// One more reading, then the end.
  Readings end();

 private:
  pid_t pid_ = -1;
  int ticks_ = -1;   ///< a byte for each reading
  int stop_ = -1;    ///< closed: end
  int report_ = -1;  ///< the readings, as text
};

}  // namespace neusemslice::test_support
