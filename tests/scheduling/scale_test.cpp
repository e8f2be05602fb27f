// What the jobs' orchestration costs: ten thousand that do nothing.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduling/runner.hpp"
#include "store/sample_rows.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::run_info;
using test_support::TemporaryFolder;
using testing::SizeIs;

/// A hundred chains of a hundred jobs.
JobGraph ten_thousand_jobs() {
  JobGraph graph;
  for (int chain = 0; chain < 100; ++chain) {
    std::string last = graph.add("empty", 1, "a", chain, {}, {});
    for (int level = 1; level < 100; ++level) last = graph.add("empty", 1, "a", chain, {{"level", level}}, {last});
  }
  return graph;
}

RunSummary run_empty_jobs(const JobGraph& graph, const std::filesystem::path& workspace) {
  Store store(workspace);
  store.register_jobs("small", graph.rows());
  return run_jobs(graph, store, store.begin_run(run_info()), {{"empty", [](const Job&) { return JobResult{}; }}});
}

TEST(RunJobs, TenThousandEmptyJobsTakeLessThanTenSeconds) {
  const TemporaryFolder folder;
  const auto start = std::chrono::steady_clock::now();
  const JobGraph graph = ten_thousand_jobs();
  ASSERT_THAT(graph.jobs(), SizeIs(10'000));
  EXPECT_EQ(run_empty_jobs(graph, folder.path()).done_now, 10'000);
  EXPECT_EQ(run_empty_jobs(graph, folder.path()).done_before, 10'000);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 10.0);
}

}  // namespace
}  // namespace neusemslice
