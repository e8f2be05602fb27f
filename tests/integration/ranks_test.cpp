// The whole program on several ranks: the same results as on one, whatever happens on the way.
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/host.hpp"
#include "core/random.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::AnyOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class RanksProgram : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_FASHION_MNIST(); }
};

/// Three models, of which each is trained in several epochs, and two hundred jobs.
std::vector<std::string> study_of_three(const SmallStudy& study, const fs::path& workspace) {
  return study.run_arguments(workspace, {"--json", "-o", "seeds=[0,1,2]", "-o", "settings.*.recipe.epochs=6", "-o",
                                         "slicing.thresholds=[0.7,0.8,0.9,0.95]"});
}

/// Training that would take a long time.
std::vector<std::string> endless_study(const SmallStudy& study, const fs::path& workspace) {
  return study.run_arguments(workspace, {"-o", "seeds=[0,1,2]", "-o", "settings.*.recipe.epochs=100000"});
}

/// Waits until all ranks that use the workspace are gone.
void wait_for_end_of_ranks(const fs::path& workspace) {
  while (!processes("neusemslice", workspace.string()).empty()) std::this_thread::sleep_for(20ms);
}

/// Waits until this run has saved a training's state, so that all its ranks are under way.
void wait_until_training(Process& process, const fs::path& workspace) {
  const auto start = fs::file_time_type::clock::now();
  const auto is_saved = [&] {
    std::error_code ignored;
    for (const std::string& name : files_below(workspace / "checkpoints")) {
      const auto saved = fs::last_write_time(workspace / "checkpoints" / name, ignored);
      if (!ignored && saved > start) return true;
    }
    return false;
  };
  while (!process.has_ended() && !is_saved()) std::this_thread::sleep_for(5ms);
}

/// Three ranks that train, and would for a long time.
struct EndlessRun {
  SmallStudy study;
  TemporaryFolder folder;
  fs::path workspace = folder / "workspace";
  Process launcher;
  std::vector<pid_t> ranks;

  explicit EndlessRun(const std::vector<std::string>& environment = {})
      : launcher(endless_study(study, workspace), environment, 3) {
    wait_until_training(launcher, workspace);
    ranks = processes("neusemslice", workspace.string());
  }
};

TEST_F(RanksProgram, OneToFourRanksGiveTheSameTablesAndFiles) {
  const SmallStudy study;
  const TemporaryFolder folder;
  ASSERT_EQ(run(study_of_three(study, folder / "0")).exit_code, 0);
  const auto alone = results(folder / "0");
  for (const int ranks : {1, 2, 3, 4}) {
    const fs::path workspace = folder / std::to_string(ranks);
    const Outcome outcome = run(study_of_three(study, workspace), {}, ranks);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(nlohmann::json::parse(outcome.out)["failed"].size(), 0U) << "one document, from rank 0";
    EXPECT_EQ(results(workspace), alone) << ranks << " ranks";
    EXPECT_THAT(unmatched_artifacts(workspace), IsEmpty());
    EXPECT_EQ(rows(workspace, "SELECT count(*) FROM run_ranks"), fmt::format("{}\n", ranks));
  }
}

/// As a reader sees it; 0 before there is a database.
int jobs_done(const fs::path& workspace) {
  try {
    return std::stoi(rows(workspace, "SELECT count(*) FROM jobs WHERE state = 'done'"));
  } catch (const SQLite::Exception&) {
    return 0;
  }
}

/// Kills one rank, or all and the launcher: every third time at any time from the start on, else soon after another few
/// jobs, so that every kind of job is hit. True when the run had not ended before.
bool run_and_kill(const std::vector<std::string>& arguments, const fs::path& workspace, int round,
                  RandomStream& random) {
  const int before = jobs_done(workspace);
  Process launcher(arguments, {}, 3);
  std::vector<pid_t> ranks;
  while (!launcher.has_ended() && ranks.size() < 3) ranks = processes("neusemslice", workspace.string());
  const auto any_time = std::chrono::milliseconds(random.below(1500));
  const int more = round % 3 == 0 ? 10 : 1 + static_cast<int>(random.below(3));
  const auto end = std::chrono::steady_clock::now() + (round % 3 == 0 ? any_time : 60s);
  while (!launcher.has_ended() && std::chrono::steady_clock::now() < end && jobs_done(workspace) < before + more) {
    std::this_thread::sleep_for(1ms);
  }
  std::this_thread::sleep_for(std::chrono::microseconds(random.below(8'000)));
  if (launcher.has_ended()) return false;
  if (random.below(3) == 0) {
    launcher.send(SIGKILL);
    for (const pid_t rank : ranks) ::kill(rank, SIGKILL);
  } else {
    ::kill(ranks.at(random.below(ranks.size())), SIGKILL);
  }
  const bool was_killed = launcher.wait().exit_code != 0;
  wait_for_end_of_ranks(workspace);
  return was_killed;
}

TEST_F(RanksProgram, RanksKilledFiftyTimesOverLoseAndRepeatNothing) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const auto arguments = [&](const std::string& name) {
    auto all = study_of_three(study, folder / name);
    all.insert(all.end(), {"-o", "settings.*.recipe.epochs=40", "-o", "seeds=[0,1,2,3,4,5]"});
    return all;
  };
  ASSERT_EQ(run(arguments("undisturbed"), {}, 2).exit_code, 0);
  const auto expected = results(folder / "undisturbed");
  RandomStream random(0, "kill the ranks");
  int kills = 0;
  for (int number = 0; kills < 50; ++number) {  // a study that came to its end is followed by another
    const std::string name = std::to_string(number);
    const fs::path workspace = folder / name;
    const int before = kills;
    while (kills < 50 && run_and_kill(arguments(name), workspace, kills, random)) ++kills;
    ASSERT_GT(kills, before) << "a study that is never killed proves nothing";
    const Outcome last = run(arguments(name), {}, 3);
    ASSERT_EQ(last.exit_code, 0) << last.err;
    EXPECT_EQ(results(workspace), expected) << "attempts included: no job was counted twice";
    EXPECT_THAT(unmatched_artifacts(workspace), IsEmpty());
    EXPECT_THAT(files_below(workspace), Each(Not(AnyOf(HasSubstr(".nss-tmp"), HasSubstr("checkpoints/")))));
    EXPECT_EQ(rows(workspace, "PRAGMA integrity_check"), "ok\n");
  }
}

/// Sends `signal` to one rank while all train; every rank must leave within seconds, mpirun with 85, and the same
/// command must continue with what was trained.
void expect_requeue(int signal, std::size_t rank, const std::vector<std::string>& environment) {
  EndlessRun run(environment);
  std::this_thread::sleep_for(500ms);
  const auto start = std::chrono::steady_clock::now();
  ::kill(run.ranks.at(rank), signal);
  const Outcome stopped = run.launcher.wait();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 15s);
  EXPECT_EQ(stopped.exit_code, 85) << stopped.err;
  EXPECT_THAT(stopped.err,
              HasSubstr("neusemslice: stopped early; what was done is kept, the same command continues\n"));
  EXPECT_EQ(rows(run.workspace, "SELECT state FROM runs"), "stopped\n");
  EXPECT_THAT(files_below(run.workspace / "checkpoints"), SizeIs(3)) << "every rank saved its training";
}

TEST_F(RanksProgram, ACheckpointSignalToAnyRankSavesTheTrainingOfAllAndEndsWith85) {
  expect_requeue(SIGUSR2, 2, {});
  expect_requeue(SIGUSR2, 0, {});
}

TEST_F(RanksProgram, TheCheckpointSignalCanBeChosen) {
  expect_requeue(SIGHUP, 1, {"NEUSEMSLICE_CHECKPOINT_SIGNAL=HUP"});
}

TEST_F(RanksProgram, ATerminationActsAsTheCheckpointSignal) {
  expect_requeue(SIGTERM, 1, {});
}

TEST_F(RanksProgram, StoppedInTheMiddleOfTrainingItEndsWithTheResultsOfAnUndisturbedRun) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = folder / "workspace";
  auto arguments = study_of_three(study, workspace);
  arguments.insert(arguments.end(), {"-o", "settings.*.recipe.epochs=300"});
  int stops = 0;
  for (; stops < 4; ++stops) {
    Process launcher(arguments, {}, 2);
    wait_until_training(launcher, workspace);
    std::this_thread::sleep_for(700ms);
    if (launcher.has_ended()) break;
    ::kill(processes("neusemslice", workspace.string()).at(1), SIGUSR2);
    const int code = launcher.wait().exit_code;
    if (code != 85) break;
  }
  EXPECT_GE(stops, 2) << "the study is too short to be stopped";
  ASSERT_EQ(run(arguments, {}, 3).exit_code, 0);
  arguments[3] = (folder / "undisturbed").string();
  ASSERT_EQ(run(arguments).exit_code, 0);
  EXPECT_EQ(results(workspace), results(folder / "undisturbed"));
  EXPECT_THAT(files_below(workspace / "checkpoints"), IsEmpty());
}

TEST_F(RanksProgram, ATimeLimitStopsInTime) {
  const SmallStudy study;
  const TemporaryFolder folder;
  auto arguments = endless_study(study, folder / "workspace");
  arguments.insert(arguments.end(), {"--time-limit", "8s"});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run(arguments, {}, 2).exit_code, 85);
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took, 8s);
  EXPECT_THAT(files_below(folder / "workspace" / "checkpoints"), SizeIs(2));
}

TEST_F(RanksProgram, SlurmsOwnLimitIsHeededToo) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const auto end = std::chrono::system_clock::now() + 8s;
  const auto unix_time = std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch()).count();
  const Outcome outcome =
      run(endless_study(study, folder / "workspace"), {fmt::format("SLURM_JOB_END_TIME={}", unix_time)});
  EXPECT_EQ(outcome.exit_code, 85) << outcome.err;
  EXPECT_LT(std::chrono::system_clock::now(), end);
}

TEST_F(RanksProgram, ADeadRankEndsTheRunWithinTenSecondsAndItsHostIsNamed) {
  EndlessRun run;
  const auto start = std::chrono::steady_clock::now();
  ::kill(run.ranks.at(2), SIGKILL);
  const Outcome outcome = run.launcher.wait();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr(host_name()));
  wait_for_end_of_ranks(run.workspace);
}

/// A rank that hangs, or whose host has lost its network, cannot be told from a dead one, and no launcher sees it.
TEST_F(RanksProgram, ASilentRankEndsTheRunWithinTenSecondsWith86AndItsHostIsNamed) {
  EndlessRun run;
  const auto start = std::chrono::steady_clock::now();
  ::kill(run.ranks.at(1), SIGSTOP);
  const Outcome outcome = run.launcher.wait();
  ::kill(run.ranks.at(1), SIGKILL);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  EXPECT_EQ(outcome.exit_code, 86) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("rank 1 on " + host_name()), HasSubstr("has not been heard of")));
  EXPECT_EQ(rows(run.workspace, "SELECT state FROM runs"), "stopped\n");
  wait_for_end_of_ranks(run.workspace);
}

TEST_F(RanksProgram, ADatabaseThatRefusesTheRunIsRank0sErrorAndNoRankIsLeftWaiting) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = folder / "workspace";
  ASSERT_EQ(run(study.run_arguments(workspace)).exit_code, 0);
  SQLite::Database(workspace / "results.db", SQLite::OPEN_READWRITE)
      .exec("CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT raise(ABORT, 'no room'); END");
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = run(study.run_arguments(workspace), {}, 3);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("results.db: no room"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST_F(RanksProgram, AWholeJobThatIsSuspendedGoesOnAfterwards) {
  EndlessRun run;
  for (const pid_t rank : run.ranks) ::kill(rank, SIGSTOP);
  std::this_thread::sleep_for(9s);  // longer than a rank may be silent
  for (const pid_t rank : run.ranks) ::kill(rank, SIGCONT);
  std::this_thread::sleep_for(2s);
  EXPECT_FALSE(run.launcher.has_ended());
  ::kill(run.ranks.at(1), SIGUSR2);
  EXPECT_EQ(run.launcher.wait().exit_code, 85);
}

TEST_F(RanksProgram, AnErrorOfTheUserIsSaidOnceAndEveryRankLeavesWith2) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const Outcome outcome = run({"run", study.path("no-such-suite.yaml")}, {}, 3);
  EXPECT_EQ(outcome.exit_code, 2);
  const std::string line = "neusemslice: " + study.path("no-such-suite.yaml");
  const std::size_t first = outcome.err.find(line);
  ASSERT_NE(first, std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find(line, first + 1), std::string::npos) << outcome.err;
}

TEST_F(RanksProgram, TasksOfABatchSystemThatDoNotFindEachOtherAreRefused) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const Outcome outcome = run(study.run_arguments(folder / "workspace"), {"SLURM_STEP_NUM_TASKS=2", "SLURM_PROCID=0"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("srun --mpi=pmix"));
  EXPECT_FALSE(fs::exists(folder / "workspace"));
}

}  // namespace
}  // namespace neusemslice
