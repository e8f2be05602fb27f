#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "scheduling/job_graph.hpp"
#include "store/store.hpp"

namespace neusemslice {

/// Does one job. Throws when it cannot; the run goes on without what depends on it.
using JobFunction = std::function<JobResult(const Job&)>;

/// Functions by kind of job.
using JobFunctions = std::map<std::string, JobFunction>;

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

/// What this process does with a job when its turn comes in the graph's order.
enum class NextStep { keep, perform, skip };

/// Done jobs are kept, jobs that need a failed or skipped one are skipped, all others are performed, failed ones again.
/// In the graph's order every input has ended before, so a job that must wait is an error.
NextStep next_step(const Job& job, const std::map<std::string, JobState>& states);

/// Does every job of the graph that is not done yet, in this process, and records each in its own transaction. A job
/// that fails is recorded with its message, what depends on it is skipped, the rest goes on; a stop signal, and a
/// full disk or a database error while recording, end the run.
RunSummary run_jobs(const JobGraph& graph, Store& store, std::int64_t run, const JobFunctions& functions);

/// "train of mlp-mnist, seed 3".
std::string job_name(const Job& job);

}  // namespace neusemslice
