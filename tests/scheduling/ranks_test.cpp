// The coordinator and its workers over real ranks.
#include "support/ranks.hpp"

#include <chrono>
#include <ctime>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "parallel/together.hpp"
#include "scheduling/toy_run.hpp"
#include "store/workspace_contents.hpp"

namespace neusemslice {
namespace {

using namespace std::chrono_literals;
using test_support::all_ranks;
using test_support::rows;
using test_support::run_on_all_ranks;
using test_support::SharedFolder;
using test_support::toy_jobs;
using test_support::world;
using testing::SizeIs;

TEST(Ranks, EveryRankDoesIndependentJobs) {
  const SharedFolder folder;
  int performed = 0;
  const JobFunctions functions = {{"train", [&](const Job&, JobContext&) {
                                     ++performed;
                                     std::this_thread::sleep_for(30ms);
                                     return JobOutput{};
                                   }}};
  const int jobs = 4 * world().size();
  const RunSummary summary = run_on_all_ranks(world(), toy_jobs(jobs), folder.path(), functions);
  EXPECT_GE(performed, 2) << "rank " << world().rank() << " was left idle";
  if (world().rank() == 0) {
    EXPECT_EQ(summary.done_now, jobs);
  }
}

TEST(Ranks, AFileOfOneRankIsReadByAnother) {
  const SharedFolder folder;
  JobGraph graph;
  for (int i = 0; i < 8; ++i) {
    const std::string train = graph.add("train", 1, "a", i, {}, {});
    graph.add("score", 1, "a", i, {}, {train});
  }
  const JobFunctions functions = {
      {"train",
       [](const Job& job, JobContext&) {
         return JobOutput{.files = {{"model", std::to_string(job.seed)}}};
       }},
      {"score", [](const Job& job, JobContext& context) {
         require(read_file(context.inputs.path(job.inputs.at(0), "model")) == std::to_string(job.seed), "another file");
         return JobOutput{};
       }}};
  const RunSummary summary = run_on_all_ranks(world(), graph, folder.path(), functions);
  if (world().rank() == 0) {
    EXPECT_EQ(summary.done_now, 16);
    EXPECT_THAT(summary.failed, SizeIs(0));
    EXPECT_THAT(test_support::unmatched_artifacts(folder.path()), SizeIs(0));
  }
}

TEST(Ranks, ADividedJobIsDoneByAllTogetherAndLeavesTheLeadersResult) {
  const SharedFolder folder;
  const JobFunctions functions = {{"train", [](const Job&, JobContext& context) {
                                     at::Tensor sum = at::full({1}, context.communicator.rank() + 1, at::kLong);
                                     context.communicator.all_reduce_sum(sum);
                                     const std::string text = std::to_string(sum.item<std::int64_t>());
                                     return JobOutput{.files = {{"sum", text}}};
                                   }}};
  run_on_all_ranks(world(), toy_jobs(1), folder.path(), functions, 10);
  if (world().rank() == 0) {
    const int divided = std::min(world().size(), 4);  // a second, in shares of a quarter at least
    EXPECT_EQ(rows(folder.path(), "SELECT ranks, seconds > 0, attempts FROM jobs"), fmt::format("{}|1|1\n", divided));
    const std::string path = rows(folder.path(), "SELECT path FROM artifacts");
    EXPECT_EQ(read_file(folder.path() / path.substr(0, path.size() - 1)), std::to_string(divided * (divided + 1) / 2));
  }
}

TEST(Ranks, AFailureOfOneRankInADividedJobFailsTheJobAndTheRanksLiveOn) {
  const SharedFolder folder;
  JobGraph graph = toy_jobs(2);
  const JobFunctions functions = {{"train", [](const Job& job, JobContext& context) {
                                     together(context.communicator, [&] {
                                       const bool is_last =
                                           context.communicator.rank() + 1 == context.communicator.size();
                                       if (job.seed == 0 && is_last) throw Error("the last rank could not");
                                     });
                                     return JobOutput{};
                                   }}};
  const RunSummary summary = run_on_all_ranks(world(), graph, folder.path(), functions, 10);
  if (world().rank() == 0) {
    ASSERT_THAT(summary.failed, SizeIs(1));
    EXPECT_EQ(summary.failed[0].message, "the last rank could not");
    EXPECT_EQ(summary.done_now, 1);
  }
}

/// A hundred chains of a hundred jobs.
JobGraph ten_thousand_jobs() {
  JobGraph graph;
  for (int chain = 0; chain < 100; ++chain) {
    std::string last = graph.add("empty", 1, "a", chain, {}, {});
    for (int level = 1; level < 100; ++level) last = graph.add("empty", 1, "a", chain, {{"level", level}}, {last});
  }
  return graph;
}

TEST(Ranks, TenThousandEmptyJobsTakeLessThanTenSeconds) {
  const SharedFolder folder;
  const auto start = std::chrono::steady_clock::now();
  const JobFunctions functions = {{"empty", [](const Job&, JobContext&) { return JobOutput{}; }}};
  const RunSummary summary = run_on_all_ranks(world(), ten_thousand_jobs(), folder.path(), functions);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (world().rank() == 0) {
    EXPECT_EQ(summary.done_now, 10'000);
    EXPECT_LT(seconds, 10);
    RecordProperty("seconds", std::to_string(seconds));
  }
}

TEST(Ranks, WaitingForAJobOfAnotherRankCostsNextToNoProcessorTime) {
  const SharedFolder folder;
  const std::clock_t before = std::clock();
  const JobFunctions functions = {{"train", [](const Job&, JobContext&) {
                                     std::this_thread::sleep_for(2s);
                                     return JobOutput{};
                                   }}};
  run_on_all_ranks(world(), toy_jobs(1), folder.path(), functions);
  const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  EXPECT_LT(used, 0.4) << "of two seconds' waiting";
}

}  // namespace
}  // namespace neusemslice
