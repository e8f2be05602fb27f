#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "scheduling/job_kinds.hpp"

namespace neusemslice {

/// What a plan is made and printed for.
struct PlanOptions {
  std::string suite;
  std::filesystem::path workspace;
  std::vector<std::string> run_options;  ///< those of `run` that a batch job must be given too
  bool needs_gpus = true;
};

/// `run --dry-run`: the jobs by kind, done and to do, with their expected cost by what such jobs took here before; how
/// long 1, 2, 4, ... ranks would take; and the sbatch line that fits. Opens an existing database for reading only.
ExitCode print_plan(const JobGraph& graph, DatasetCache& datasets, const PlanOptions& options, bool json);

}  // namespace neusemslice
