#pragma once

#include <filesystem>

#include "core/error.hpp"
#include "scheduling/job_kinds.hpp"

namespace neusemslice {

/// `run --dry-run`: the jobs by kind, done and to do, with their expected cost by what such jobs took here before; how
/// long 1, 2, 4, ... ranks would take; and the sbatch line that fits. Opens an existing database for reading only.
ExitCode print_plan(const JobGraph& graph, DatasetCache& datasets, const std::filesystem::path& suite,
                    const std::filesystem::path& workspace, bool json);

}  // namespace neusemslice
