#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scheduling/job_graph.hpp"
#include "store/store.hpp"

namespace neusemslice {

struct FailedJob {
  std::string name;  ///< "train of mlp-mnist, seed 3"
  std::string message;
};

/// How a run ended.
struct RunSummary {
  std::int64_t total = 0;
  std::int64_t done_before = 0;
  std::int64_t done_now = 0;
  std::int64_t skipped = 0;
  std::vector<FailedJob> failed;
};

/// Where one run of a graph stands, in the store and for the person who waits.
class RunRecord {
 public:
  RunRecord(const JobGraph& graph, Store& store, std::int64_t run);

  /// As they stood when the run began.
  [[nodiscard]] const std::map<std::string, JobState>& states() const { return states_; }
  [[nodiscard]] const RunSummary& summary() const { return summary_; }
  /// Jobs that were to be done when the run began, and how many of them have ended.
  [[nodiscard]] std::int64_t to_do() const { return summary_.total - summary_.done_before; }
  [[nodiscard]] std::int64_t ended() const;

  void done(const Job& job, const JobResult& result, const Effort& effort);
  void failed(const Job& job, const std::string& message);
  /// A job it needs has failed.
  void skipped(const Job& job);

 private:
  Store& store_;
  std::int64_t run_;
  std::map<std::string, JobState> states_;
  RunSummary summary_;
};

/// "train of mlp-mnist, seed 3".
std::string job_name(const Job& job);

}  // namespace neusemslice
