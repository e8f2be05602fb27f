// The schedule by events: who is idle and what has ended, in; who does what, out.
#include "scheduling/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace neusemslice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A graph that is told by names: jobs, their models and what they wait for.
class Plan {
 public:
  /// Adds a job of `model` that takes `seconds`; gives its position.
  std::size_t add(int model, double seconds, const std::vector<std::size_t>& inputs = {}, int most_ranks = 1) {
    std::vector<std::string> keys;
    for (const std::size_t input : inputs) keys.push_back(graph_.jobs()[input].key);
    const std::string key = graph_.add("job", 1, "setting", model, {{"number", graph_.jobs().size()}}, keys);
    states_[key] = JobState::waiting;
    estimates_.push_back({seconds, most_ranks});
    return graph_.jobs().size() - 1;
  }

  void is_done(std::size_t job) { states_[graph_.jobs()[job].key] = JobState::done; }
  [[nodiscard]] Schedule schedule() const { return {graph_, states_, estimates_}; }

 private:
  JobGraph graph_;
  std::map<std::string, JobState> states_;
  std::vector<JobEstimate> estimates_;
};

Assignment to(std::vector<int> ranks, std::size_t job) {
  return {job, std::move(ranks)};
}

TEST(Schedule, TheLongestChainStartsFirstNotTheLongestJob) {
  Plan plan;
  const std::size_t lone = plan.add(0, 5);
  const std::size_t head = plan.add(1, 1);
  plan.add(1, 9, {head});
  Schedule schedule = plan.schedule();
  EXPECT_THAT(schedule.assign({0}), ElementsAre(to({0}, head)));
  EXPECT_THAT(schedule.assign({1}), ElementsAre(to({1}, lone)));
}

TEST(Schedule, AJobBecomesReadyWhenTheLastOfItsInputsIsDone) {
  Plan plan;
  const std::size_t a = plan.add(0, 1);
  const std::size_t b = plan.add(1, 1);
  const std::size_t both = plan.add(0, 1, {a, b});
  Schedule schedule = plan.schedule();
  EXPECT_THAT(schedule.assign({0, 1}), ElementsAre(to({0}, a), to({1}, b)));
  schedule.done(a);
  EXPECT_THAT(schedule.assign({0}), IsEmpty());
  schedule.done(b);
  EXPECT_THAT(schedule.assign({0, 1}), ElementsAre(to({0}, both)));
}

TEST(Schedule, WhatWasDoneBeforeIsNotDoneAgainAndHoldsNothingUp) {
  Plan plan;
  const std::size_t first = plan.add(0, 1);
  const std::size_t second = plan.add(0, 1, {first});
  plan.is_done(first);
  Schedule schedule = plan.schedule();
  EXPECT_THAT(schedule.assign({0, 1}), ElementsAre(to({0}, second)));
}

TEST(Schedule, AnInputNamedTwiceIsWaitedForOnce) {
  Plan plan;
  const std::size_t first = plan.add(0, 1);
  const std::size_t second = plan.add(0, 1, {first, first});
  Schedule schedule = plan.schedule();
  schedule.assign({0});
  schedule.done(first);
  EXPECT_THAT(schedule.assign({0}), ElementsAre(to({0}, second)));
}

TEST(Schedule, AmongEqualsARankStaysWithItsModelAndAnotherTakesAnother) {
  Plan plan;
  std::vector<std::size_t> of_a;
  std::vector<std::size_t> of_b;
  for (int i = 0; i < 3; ++i) of_a.push_back(plan.add(0, 1));
  for (int i = 0; i < 3; ++i) of_b.push_back(plan.add(1, 1));
  Schedule schedule = plan.schedule();
  EXPECT_THAT(schedule.assign({0, 1}), ElementsAre(to({0}, of_a[0]), to({1}, of_b[0])));
  EXPECT_THAT(schedule.assign({1}), ElementsAre(to({1}, of_b[1])));
  EXPECT_THAT(schedule.assign({0}), ElementsAre(to({0}, of_a[1])));
  EXPECT_THAT(schedule.assign({0}), ElementsAre(to({0}, of_a[2])));
  EXPECT_THAT(schedule.assign({0}), ElementsAre(to({0}, of_b[2]))) << "rather another's model than idle";
}

TEST(Schedule, SpareRanksJoinAJobThatCanBeDivided) {
  Plan plan;
  const std::size_t whole = plan.add(0, 10);
  const std::size_t divided = plan.add(1, 8, {}, 3);
  Schedule schedule = plan.schedule();
  EXPECT_THAT(schedule.assign({0, 1, 2, 3, 4}), ElementsAre(to({0}, whole), to({1, 2, 3}, divided)))
      << "no more ranks than it has parts; rank 4 stays idle";
}

TEST(Schedule, TheCostliestShareIsDividedFirst) {
  Plan plan;
  const std::size_t large = plan.add(0, 12, {}, 10);
  const std::size_t small = plan.add(1, 4, {}, 10);
  Schedule schedule = plan.schedule();
  // 12, 4 -> 12/2 = 6 beats 4/2; 12/3 = 4 beats 2; 12/4 = 3 beats 2.
  EXPECT_THAT(schedule.assign({0, 1, 2, 3, 4}), ElementsAre(to({0, 2, 3, 4}, large), to({1}, small)));
}

TEST(Schedule, NothingIsDividedWhileJobsWaitForARank) {
  Plan plan;
  for (int i = 0; i < 3; ++i) plan.add(i, 10, {}, 10);
  Schedule schedule = plan.schedule();
  EXPECT_THAT(schedule.assign({0, 1}), ElementsAre(to({0}, 0), to({1}, 1)));
}

TEST(Schedule, AShareThatWouldNotBeWorthItIsNotMade) {
  Plan plan;
  plan.add(0, 3 * kLeastShareSeconds, {}, 10);
  EXPECT_THAT(plan.schedule().assign({0, 1, 2, 3, 4, 5}), ElementsAre(to({0, 1, 2}, 0)));
}

TEST(Schedule, AFailureTakesEverythingThatWaitsForItAndNothingElse) {
  Plan plan;
  const std::size_t a = plan.add(0, 1);
  const std::size_t b = plan.add(1, 1);
  const std::size_t child = plan.add(0, 1, {a});
  const std::size_t of_both = plan.add(0, 1, {child, b});
  const std::size_t of_b = plan.add(1, 1, {b});
  Schedule schedule = plan.schedule();
  schedule.assign({0, 1});
  EXPECT_THAT(schedule.failed(a), ElementsAre(child, of_both));
  schedule.done(b);
  EXPECT_THAT(schedule.assign({0, 1}), ElementsAre(to({0}, of_b)));
}

TEST(Schedule, ASecondFailureDoesNotNameAJobAgain) {
  Plan plan;
  const std::size_t a = plan.add(0, 1);
  const std::size_t b = plan.add(1, 1);
  const std::size_t of_both = plan.add(0, 1, {a, b});
  Schedule schedule = plan.schedule();
  schedule.assign({0, 1});
  EXPECT_THAT(schedule.failed(a), ElementsAre(of_both));
  EXPECT_THAT(schedule.failed(b), IsEmpty());
}

TEST(Schedule, WithoutIdleRanksOrJobsThereIsNothingToDo) {
  Plan plan;
  plan.add(0, 1);
  Schedule schedule = plan.schedule();
  EXPECT_THAT(schedule.assign({}), IsEmpty());
  EXPECT_THAT(Plan().schedule().assign({0, 1}), IsEmpty());
}

}  // namespace
}  // namespace neusemslice
