#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/error.hpp"
#include "parallel/watch.hpp"
#include "parallel/world.hpp"
#include "scheduling/job_function.hpp"
#include "scheduling/run_record.hpp"
#include "scheduling/schedule.hpp"

namespace neusemslice {

/// What every rank brings to a run; all of it the same on every rank but the world, and outliving the run.
struct RunParts {
  const JobGraph& graph;
  World& world;
  const Watch& watch;
  const JobFunctions& functions;
  const std::filesystem::path& workspace;
};

/// What rank 0 needs beside: the open store, the run begun in it, and what each job is expected to take.
struct LeadingParts {
  Store& store;
  std::int64_t run = 0;
  RunRecord& record;
  std::vector<JobEstimate> estimates;
};

/// Does every job of the graph that is not done yet, on all ranks, and records each in its own transaction. A job that
/// fails is recorded with its message, what depends on it is skipped, the rest goes on. A stop, a failure of the
/// machine, and a full disk or a database error while recording, end the run: this throws what happened, after every
/// rank has ended its job. Where a rank is dead or cannot be stopped, the run is recorded as stopped, the reason
/// logged, and all processes end here. Called on rank 0, while all others call work_for.
RunSummary coordinate(const RunParts& parts, LeadingParts leading);

/// Every other rank's part; gives the code that all ranks leave with.
ExitCode work_for(const RunParts& parts);

}  // namespace neusemslice
