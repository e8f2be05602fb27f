// How good the schedule is, against what no schedule can beat.
#include "scheduling/simulation.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.hpp"

namespace neusemslice {
namespace {

/// A workload with what bounds its time from below.
struct Workload {
  JobGraph graph;
  std::map<std::string, JobState> states;
  std::vector<JobEstimate> estimates;
  double total = 0;
  double longest_chain = 0;

  std::string add(const std::string& kind, int model, double seconds, int most_ranks,
                  const std::vector<std::string>& inputs) {
    std::string key = graph.add(kind, 1, "setting", model, {{"number", graph.jobs().size()}}, inputs);
    states[key] = JobState::waiting;
    estimates.push_back({seconds, most_ranks});
    total += seconds;
    return key;
  }

  [[nodiscard]] double bound(int ranks) const { return std::max(total / ranks, longest_chain); }
  [[nodiscard]] double seconds(int ranks) const { return simulate_seconds(graph, states, estimates, ranks); }
};

/// `models` times train -> score -> scan -> three slices with their evaluations, each costing up to `spread` times its
/// kind's usual seconds: models of very different size.
Workload models_of_mixed_cost(int models, std::uint64_t seed, bool divisible) {
  RandomStream random(seed, "mixed costs");
  Workload workload;
  for (int model = 0; model < models; ++model) {
    const double size = 0.2 + 4 * random.uniform();
    const int parts = divisible ? 10 : 1;
    const std::string train = workload.add("train", model, 60 * size, 1, {});
    const std::string score = workload.add("score", model, 8 * size, parts, {train});
    const std::string scan = workload.add("scan", model, 5 * size, parts, {train, score});
    double chain = 73 * size;
    for (int slice = 0; slice < 3; ++slice) workload.add("slice", model, 0.5 * size, 1, {train, score, scan});
    chain += 0.5 * size;
    workload.longest_chain = std::max(workload.longest_chain, chain);
  }
  return workload;
}

TEST(SimulateSeconds, AddsUpOnOneRankAndOverlapsOnTwo) {
  Workload workload;
  workload.add("train", 0, 3, 1, {});
  workload.add("train", 1, 2, 1, {});
  EXPECT_DOUBLE_EQ(workload.seconds(1), 5);
  EXPECT_DOUBLE_EQ(workload.seconds(2), 3);
}

TEST(SimulateSeconds, AChainTakesItsLengthHoweverManyRanksThereAre) {
  Workload workload;
  const std::string first = workload.add("train", 0, 3, 1, {});
  workload.add("score", 0, 4, 1, {first});
  EXPECT_DOUBLE_EQ(workload.seconds(8), 7);
}

TEST(SimulateSeconds, ADividedJobTakesItsShare) {
  Workload workload;
  workload.add("score", 0, 12, 4, {});
  EXPECT_DOUBLE_EQ(workload.seconds(6), 3);
}

TEST(SimulateSeconds, SixHundredJobsOnSixtyFourRanksComeWithinFivePercentOfTheBound) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const bool divisible : {false, true}) {
      const Workload workload = models_of_mixed_cost(100, seed, divisible);
      ASSERT_EQ(workload.graph.jobs().size(), 600U);
      EXPECT_LE(workload.seconds(64), 1.05 * workload.bound(64)) << "seed " << seed << ", divisible " << divisible;
    }
  }
}

TEST(SimulateSeconds, IndependentJobsOfMixedCostComeWithinFivePercentToo) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream random(seed, "independent costs");
    Workload workload;
    for (int job = 0; job < 600; ++job) {
      const double seconds = 1 + 99 * random.uniform();
      workload.add("train", job, seconds, 1, {});
      workload.longest_chain = std::max(workload.longest_chain, seconds);
    }
    EXPECT_LE(workload.seconds(64), 1.05 * workload.bound(64)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace neusemslice
