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
#include "scheduling/toy_run.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using test_support::run_alone;
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
    const JobFunction perform = [this](const Job& job, JobContext&) -> JobOutput {
      performed.push_back(name_of(job));
      if (failing.contains(name_of(job))) throw Error("no " + name_of(job));
      return {.files = {{"result", name_of(job)}}};
    };
    return {{"train", perform}, {"score", perform}, {"slice", perform}};
  }
};

/// A workspace that is opened for each run and closed after it, as the program does.
class ToyRuns {
 public:
  RunSummary run(const JobGraph& graph, const JobFunctions& functions) {
    return run_alone(graph, folder_.path(), functions);
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

TEST(JobName, SaysWhatAPersonWouldLookFor) {
  EXPECT_EQ(job_name({.kind = "train", .setting = "mlp-mnist", .seed = 3}), "train of mlp-mnist, seed 3");
  const nlohmann::json parameters = {{"strategy", "semantic"}, {"metric", "taylor"}, {"level", 0.95}};
  EXPECT_EQ(job_name({.kind = "slice", .setting = "mlp-mnist", .seed = 3, .parameters = parameters}),
            "slice semantic taylor 0.95 of mlp-mnist, seed 3");
}

TEST(Coordinate, DoesTheLongestChainFirstAndStaysWithAModelAmongEquals) {
  const TwoChains chains;
  Toy toy;
  ToyRuns runs;
  const RunSummary summary = runs.run(chains.graph, toy.functions());
  EXPECT_THAT(toy.performed, ElementsAre("train a", "train b", "score b", "score a", "slice a", "slice b"));
  EXPECT_EQ(summary.total, 6);
  EXPECT_EQ(summary.done_before, 0);
  EXPECT_EQ(summary.done_now, 6);
  EXPECT_THAT(summary.failed, IsEmpty());
}

TEST(Coordinate, DoesNothingWhenAllIsDone) {
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

TEST(Coordinate, DoesOnlyWhatANewGraphAdds) {
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

TEST(Coordinate, AFailureSkipsItsDependentsAndTheRestGoesOn) {
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

TEST(Coordinate, ARerunTriesWhatFailedAndWhatWasSkippedAndOnlyThat) {
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

TEST(Coordinate, AnUnexpectedErrorIsTheJobsOwnAndItsFirstLineIsKept) {
  JobGraph graph;
  graph.add("train", 1, "a", 0, {}, {});
  ToyRuns runs;
  const RunSummary summary = runs.run(graph, {{"train", [](const Job&, JobContext&) -> JobOutput {
                                                 throw std::runtime_error("out of memory\nframe #0: ...");
                                               }}});
  ASSERT_THAT(summary.failed, SizeIs(1));
  EXPECT_EQ(summary.failed[0].message, "unexpected error: out of memory");
}

TEST(Coordinate, AKindNobodyCanDoFails) {
  JobGraph graph;
  graph.add("dance", 1, "a", 0, {}, {});
  ToyRuns runs;
  const RunSummary summary = runs.run(graph, {});
  ASSERT_THAT(summary.failed, SizeIs(1));
  EXPECT_THAT(summary.failed[0].message, HasSubstr("kind 'dance'"));
}

TEST(Coordinate, AFailureOfTheMachineEndsTheRunAndLeavesTheJobWaiting) {
  const TwoChains chains;
  ToyRuns runs;
  JobFunctions functions = Toy().functions();
  functions["train"] = [](const Job&, JobContext&) -> JobOutput { throw EnvironmentError("the GPU is gone"); };
  EXPECT_EQ(message_of<Error>([&] { runs.run(chains.graph, functions); }), "the GPU is gone");
  EXPECT_EQ(runs.states(chains.graph).front(), "train a: waiting");
}

TEST(Coordinate, WhatTheStoreCannotKeepEndsTheRun) {
  JobGraph graph;
  graph.add("train", 1, "a", 0, {}, {});
  ToyRuns runs;
  const JobFunction no_folder = [](const Job&, JobContext&) -> JobOutput { return {.files = {{"/", "x"}}}; };
  EXPECT_THAT(message_of<Error>([&] { runs.run(graph, {{"train", no_folder}}); }), HasSubstr("cannot be written"));
  EXPECT_THAT(runs.states(graph), ElementsAre("train a: waiting"));
}

/// In a process of its own: the signal comes while "score a" is done.
[[noreturn]] void exit_after_signal(ToyRuns& runs, int signal) {
  install_stop_handlers();
  const TwoChains chains;
  Toy toy;
  JobFunctions functions = toy.functions();
  functions["score"] = [signal](const Job&, JobContext&) -> JobOutput {
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

TEST(Coordinate, AStopSignalEndsTheRunBetweenJobsAndKeepsWhatIsDone) {
  const TwoChains chains;
  ToyRuns runs;
  EXPECT_EXIT(exit_after_signal(runs, SIGTERM), testing::ExitedWithCode(143), "");
  EXPECT_THAT(runs.states(chains.graph), ElementsAre("train a: done", "score a: waiting", "slice a: waiting",
                                                     "train b: done", "score b: done", "slice b: waiting"));
}

}  // namespace
}  // namespace neusemslice
