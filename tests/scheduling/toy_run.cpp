#include "scheduling/toy_run.hpp"

#include "store/sample_rows.hpp"

namespace neusemslice::test_support {

RunSummary run_on_all_ranks(World& world, const JobGraph& graph, const std::filesystem::path& workspace,
                            const JobFunctions& functions, int most_ranks) {
  const Watch watch(world, std::nullopt);
  const RunParts parts = {graph, world, watch, functions, workspace};
  if (world.rank() != 0) {
    work_for(parts);
    return {};
  }
  Store store(workspace);
  store.register_jobs("small", graph.rows());
  const std::int64_t run = store.begin_run(run_info());
  RunRecord record(graph, store, run);
  const std::vector<JobEstimate> estimates(graph.jobs().size(), {.seconds = 1, .most_ranks = most_ranks});
  return coordinate(parts, {store, run, record, estimates});
}

JobGraph toy_jobs(int count) {
  JobGraph graph;
  for (int seed = 0; seed < count; ++seed) graph.add("train", 1, "a", seed, {}, {});
  return graph;
}

RunSummary run_alone(const JobGraph& graph, const std::filesystem::path& workspace, const JobFunctions& functions) {
  World world;
  world.share_devices(at::kCPU, 1);
  return run_on_all_ranks(world, graph, workspace, functions);
}

}  // namespace neusemslice::test_support
