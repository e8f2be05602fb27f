#include "scheduling/runner.hpp"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/stop.hpp"
#include "store/sample_rows.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using test_support::run_info;
using test_support::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// train a -> score a -> slice a, and the same for b; each is named by kind and setting: "train a".
struct TwoChains {
  JobGraph graph;

  TwoChains() {
    for (const char* setting : {"a", "b"}) {
      const std::string train = graph.add("train", 1, setting, 0, {}, {});
      const std::string score = graph.add("score", 1, setting, 0, {}, {train});
      graph.add("slice", 1, setting, 0, {}, {train, score});
    }
  }
};

std::string name_of(const Job& job) {
  return job.kind + " " + job.setting;
}

/// Performs jobs by writing their names down; those in `failing` throw.
class Toy {
 public:
  std::vector<std::string> performed;
  std::set<std::string> failing;

  [[nodiscard]] JobFunctions functions() {
    const JobFunction perform = [this](const Job& job) -> JobResult {
      performed.push_back(name_of(job));
      if (failing.contains(name_of(job))) throw Error("no " + name_of(job));
      return {.artifacts = {{"result", name_of(job)}}};
    };
    return {{"train", perform}, {"score", perform}, {"slice", perform}};
  }
};

/// A workspace that is opened for each run and closed after it, as the program does.
class ToyRuns {
 public:
  RunSummary run(const JobGraph& graph, const JobFunctions& functions) {
    Store store(folder_.path());
    store.register_jobs("small", graph.rows());
    return run_jobs(graph, store, store.begin_run(run_info()), functions);
  }

  /// "train a: done", in the graph's order.
  [[nodiscard]] std::vector<std::string> states(const JobGraph& graph) const {
    SQLite::Database database((folder_ / "results.db").string());
    std::vector<std::string> states;
    for (const Job& job : graph.jobs()) {
      SQLite::Statement query(database, "SELECT state FROM jobs WHERE key = ?");
      query.bind(1, job.key);
      states.push_back(name_of(job) + ": " + (query.executeStep() ? query.getColumn(0).getString() : "none"));
    }
    return states;
  }

 private:
  TemporaryFolder folder_;
};

TEST(NextStep, FollowsTheJobsOwnStateThenItsInputs) {
  using enum JobState;
  const Job job{.kind = "score", .setting = "a", .inputs = {"input"}, .key = "job"};
  EXPECT_EQ(next_step(job, {{"job", done}, {"input", waiting}}), NextStep::keep);
  EXPECT_EQ(next_step(job, {{"job", waiting}, {"input", done}}), NextStep::perform);
  EXPECT_EQ(next_step(job, {{"job", failed}, {"input", done}}), NextStep::perform);
  EXPECT_EQ(next_step(job, {{"job", waiting}, {"input", failed}}), NextStep::skip);
  EXPECT_EQ(next_step(job, {{"job", waiting}, {"input", skipped}}), NextStep::skip);
  EXPECT_EQ(message_of<Error>([&] {
              next_step(job, {{"job", waiting}, {"input", waiting}});
            }),
            "score of a, seed 0 comes before a job it needs");
}

TEST(JobName, SaysWhatAPersonWouldLookFor) {
  EXPECT_EQ(job_name({.kind = "train", .setting = "mlp-mnist", .seed = 3}), "train of mlp-mnist, seed 3");
  const nlohmann::json parameters = {{"strategy", "semantic"}, {"metric", "taylor"}, {"level", 0.95}};
  EXPECT_EQ(job_name({.kind = "slice", .setting = "mlp-mnist", .seed = 3, .parameters = parameters}),
            "slice semantic taylor 0.95 of mlp-mnist, seed 3");
}

TEST(RunJobs, DoesAllJobsInOrder) {
  const TwoChains chains;
  Toy toy;
  ToyRuns runs;
  const RunSummary summary = runs.run(chains.graph, toy.functions());
  EXPECT_THAT(toy.performed, ElementsAre("train a", "score a", "slice a", "train b", "score b", "slice b"));
  EXPECT_EQ(summary.total, 6);
  EXPECT_EQ(summary.done_before, 0);
  EXPECT_EQ(summary.done_now, 6);
  EXPECT_THAT(summary.failed, IsEmpty());
}

TEST(RunJobs, DoesNothingWhenAllIsDone) {
  const TwoChains chains;
  Toy toy;
  ToyRuns runs;
  runs.run(chains.graph, toy.functions());
  toy.performed.clear();
  const RunSummary summary = runs.run(chains.graph, toy.functions());
  EXPECT_THAT(toy.performed, IsEmpty());
  EXPECT_EQ(summary.done_before, 6);
  EXPECT_EQ(summary.done_now, 0);
}

TEST(RunJobs, DoesOnlyWhatANewGraphAdds) {
  TwoChains chains;
  Toy toy;
  ToyRuns runs;
  runs.run(chains.graph, toy.functions());
  toy.performed.clear();
  chains.graph.add("train", 1, "c", 0, {}, {});
  const RunSummary summary = runs.run(chains.graph, toy.functions());
  EXPECT_THAT(toy.performed, ElementsAre("train c"));
  EXPECT_EQ(summary.done_before, 6);
}

TEST(RunJobs, AFailureSkipsItsDependentsAndTheRestGoesOn) {
  const TwoChains chains;
  Toy toy;
  toy.failing = {"score a"};
  ToyRuns runs;
  const RunSummary summary = runs.run(chains.graph, toy.functions());
  EXPECT_THAT(runs.states(chains.graph), ElementsAre("train a: done", "score a: failed", "slice a: skipped",
                                                     "train b: done", "score b: done", "slice b: done"));
  EXPECT_EQ(summary.done_now, 4);
  EXPECT_EQ(summary.skipped, 1);
  ASSERT_THAT(summary.failed, SizeIs(1));
  EXPECT_EQ(summary.failed[0].name, "score of a, seed 0");
  EXPECT_EQ(summary.failed[0].message, "no score a");
}

TEST(RunJobs, ARerunTriesWhatFailedAndWhatWasSkippedAndOnlyThat) {
  const TwoChains chains;
  Toy toy;
  toy.failing = {"train a"};
  ToyRuns runs;
  runs.run(chains.graph, toy.functions());
  toy.performed.clear();
  runs.run(chains.graph, toy.functions());
  EXPECT_THAT(toy.performed, ElementsAre("train a")) << "fails again";
  toy.performed.clear();
  toy.failing.clear();
  const RunSummary summary = runs.run(chains.graph, toy.functions());
  EXPECT_THAT(toy.performed, ElementsAre("train a", "score a", "slice a"));
  EXPECT_EQ(summary.done_before, 3);
  EXPECT_EQ(summary.done_now, 3);
}

TEST(RunJobs, AnUnexpectedErrorIsTheJobsOwnAndItsFirstLineIsKept) {
  JobGraph graph;
  graph.add("train", 1, "a", 0, {}, {});
  ToyRuns runs;
  const RunSummary summary = runs.run(
      graph, {{"train", [](const Job&) -> JobResult { throw std::runtime_error("out of memory\nframe #0: ..."); }}});
  ASSERT_THAT(summary.failed, SizeIs(1));
  EXPECT_EQ(summary.failed[0].message, "unexpected error: out of memory");
}

TEST(RunJobs, AKindNobodyCanDoFails) {
  JobGraph graph;
  graph.add("dance", 1, "a", 0, {}, {});
  ToyRuns runs;
  const RunSummary summary = runs.run(graph, {});
  ASSERT_THAT(summary.failed, SizeIs(1));
  EXPECT_THAT(summary.failed[0].message, HasSubstr("kind 'dance'"));
}

TEST(RunJobs, AFailureOfTheMachineEndsTheRunAndLeavesTheJobWaiting) {
  const TwoChains chains;
  ToyRuns runs;
  JobFunctions functions = Toy().functions();
  functions["train"] = [](const Job&) -> JobResult { throw EnvironmentError("the GPU is gone"); };
  EXPECT_EQ(message_of<EnvironmentError>([&] { runs.run(chains.graph, functions); }), "the GPU is gone");
  EXPECT_EQ(runs.states(chains.graph).front(), "train a: waiting");
}

TEST(RunJobs, WhatTheStoreCannotKeepEndsTheRun) {
  JobGraph graph;
  graph.add("train", 1, "a", 0, {}, {});
  ToyRuns runs;
  const JobFunction no_folder = [](const Job&) -> JobResult { return {.artifacts = {{"/", "x"}}}; };
  EXPECT_THROW(runs.run(graph, {{"train", no_folder}}), InputError);
  EXPECT_THAT(runs.states(graph), ElementsAre("train a: waiting"));
}

/// In a process of its own: the signal comes while "score a" is done.
[[noreturn]] void exit_after_signal(ToyRuns& runs, int signal) {
  install_stop_handlers();
  const TwoChains chains;
  Toy toy;
  JobFunctions functions = toy.functions();
  functions["score"] = [signal](const Job&) -> JobResult {
    std::raise(signal);
    return {};
  };
  try {
    runs.run(chains.graph, functions);
  } catch (const Error& error) {
    std::_Exit(static_cast<int>(error.code()));
  }
  std::_Exit(0);
}

TEST(RunJobs, AStopSignalEndsTheRunBetweenJobsAndKeepsWhatIsDone) {
  const TwoChains chains;
  ToyRuns runs;
  EXPECT_EXIT(exit_after_signal(runs, SIGTERM), testing::ExitedWithCode(143), "");
  EXPECT_THAT(runs.states(chains.graph), ElementsAre("train a: done", "score a: done", "slice a: waiting",
                                                     "train b: waiting", "score b: waiting", "slice b: waiting"));
}

}  // namespace
}  // namespace neusemslice
