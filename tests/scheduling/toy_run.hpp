#pragma once

#include <filesystem>

#include "scheduling/runner.hpp"

namespace neusemslice::test_support {

/// Opens the workspace, runs the graph on every rank of the world and closes the workspace, as the program does. Every
/// job is expected to take a second and can be divided among `most_ranks`. Rank 0 gets the summary; on others it is
/// empty.
RunSummary run_on_all_ranks(World& world, const JobGraph& graph, const std::filesystem::path& workspace,
                            const JobFunctions& functions, int most_ranks = 1);

/// `count` jobs of kind "train" with seeds from 0, none of which needs another.
JobGraph toy_jobs(int count);

/// The same in this process alone.
RunSummary run_alone(const JobGraph& graph, const std::filesystem::path& workspace, const JobFunctions& functions);

}  // namespace neusemslice::test_support
