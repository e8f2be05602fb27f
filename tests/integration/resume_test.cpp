// Stopped at any moment, the same command continues, and what it ends with does not tell.
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "core/random.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kKills = 18;

class ResumeProgram : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_FASHION_MNIST(); }
};

std::size_t artifact_count(const fs::path& workspace) {
  std::size_t count = 0;
  std::error_code ignored;
  for (auto entry = fs::recursive_directory_iterator(workspace / "artifacts", ignored);
       entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
    count += entry->is_regular_file(ignored) ? 1 : 0;
  }
  return count;
}

/// Waits until the process has left this many files, or has ended, or the time is up.
void wait_for_artifacts(Process& process, const fs::path& workspace, std::size_t count,
                        std::chrono::microseconds at_most = 1h) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (!process.has_ended() && artifact_count(workspace) < count && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(1ms);
  }
}

/// A run of two hundred jobs, so that there is something to be killed.
std::vector<std::string> long_run(const SmallStudy& study, const fs::path& workspace) {
  return study.run_arguments(workspace, {"--json", "-o", "slicing.percentages=[10,30,50,70,90]", "-o",
                                         "slicing.thresholds=[0.5,0.55,0.6,0.65,0.7,0.75,0.8,0.85,0.9,0.95]"});
}

/// Starts the run and kills it: every third time at any time from its start on, else soon after another one or two
/// files; always before it could come to its end. True when it was still running.
bool run_and_kill(const std::vector<std::string>& arguments, const fs::path& workspace, int round,
                  RandomStream& random) {
  const std::size_t before = artifact_count(workspace);
  Process process(arguments);
  if (round % 3 == 0) {
    wait_for_artifacts(process, workspace, before + 6, std::chrono::microseconds(random.below(1'500'000)));
  } else {
    wait_for_artifacts(process, workspace, before + 1 + random.below(2));
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(8'000)));
  }
  process.send(SIGKILL);
  return process.wait().exit_code == 128 + SIGKILL;
}

TEST_F(ResumeProgram, KilledAtRandomMomentsItEndsWithTheResultsOfAnUndisturbedRun) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = folder / "workspace";
  RandomStream random(0, "kill the program");
  int killed = 0;
  for (int round = 0; round < kKills; ++round) {
    killed += run_and_kill(long_run(study, workspace), workspace, round, random) ? 1 : 0;
  }
  EXPECT_GE(killed, 15) << "the study is too short to be killed so often";
  const Outcome last = run(long_run(study, workspace));
  ASSERT_EQ(last.exit_code, 0) << last.err;
  EXPECT_GT(nlohmann::json::parse(last.out)["done_before"], 0);
  EXPECT_GT(nlohmann::json::parse(last.out)["done_now"], 0);

  const fs::path undisturbed = folder / "undisturbed";
  ASSERT_EQ(run(long_run(study, undisturbed)).exit_code, 0);
  EXPECT_EQ(results(workspace), results(undisturbed)) << "attempts included: no job was counted twice";
  EXPECT_THAT(unmatched_artifacts(workspace), IsEmpty());
  EXPECT_THAT(files_below(workspace), Each(Not(HasSubstr(".nss-tmp"))));
  EXPECT_EQ(rows(workspace, "SELECT DISTINCT state FROM runs ORDER BY 1"), "done\nstopped\n");
  EXPECT_EQ(rows(workspace, "PRAGMA integrity_check"), "ok\n");
}

/// Sends the signal once a few jobs are done; the program must end with `code`, and continue to the same results.
void expect_stop_and_resume(int signal, int code, const std::string& message) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = folder / "workspace";
  Process process(study.run_arguments(workspace));
  wait_for_artifacts(process, workspace, 4);
  process.send(signal);
  const Outcome stopped = process.wait();
  EXPECT_EQ(stopped.exit_code, code);
  EXPECT_EQ(stopped.err, "neusemslice: " + message + "; what was done is kept, the same command continues\n");
  EXPECT_EQ(stopped.out, "");
  EXPECT_EQ(rows(workspace, "SELECT state, finished_at IS NULL FROM runs"), "stopped|0\n");
  EXPECT_THAT(unmatched_artifacts(workspace), IsEmpty());

  const Outcome resumed = run(study.run_arguments(workspace, {"--json"}));
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_GE(nlohmann::json::parse(resumed.out)["done_before"], 4);
  EXPECT_EQ(results(workspace), results(finished_workspace()));
}

TEST_F(ResumeProgram, AnInterruptionEndsWith130AndTheSameCommandContinues) {
  expect_stop_and_resume(SIGINT, 130, "interrupted");
}

TEST_F(ResumeProgram, ATerminationAndACheckpointSignalEndWith85AndTheSameCommandContinues) {
  expect_stop_and_resume(SIGTERM, 85, "stopped early");
  expect_stop_and_resume(SIGUSR2, 85, "stopped early");
}

/// Kills the run again and again, a little later each time, until it comes to its end.
int kill_until_done(const std::vector<std::string>& arguments, std::chrono::milliseconds step) {
  for (int kills = 0;; ++kills) {
    Process process(arguments);
    const auto end = std::chrono::steady_clock::now() + step * (kills + 1);
    while (!process.has_ended() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    process.send(SIGKILL);
    if (process.wait().exit_code == 0) return kills;
  }
}

TEST_F(ResumeProgram, APruningKilledInTheMiddleEndsWithTheSameTable) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const auto arguments = [&](const fs::path& workspace) {
    return study.run_arguments(
        workspace, {"-o", "question=rq2", "-o", "settings.*.pruning_rate=0.2", "-o", "pruning.tolerance=50", "-o",
                    "pruning.max_iterations=6", "-o", "pruning.epochs=2"});
  };
  EXPECT_GE(kill_until_done(arguments(folder / "killed"), 150ms), 3) << "the study is too short to be killed so often";
  ASSERT_EQ(run(arguments(folder / "undisturbed")).exit_code, 0);
  EXPECT_EQ(results(folder / "killed"), results(folder / "undisturbed"));
  EXPECT_EQ(rows(folder / "killed", "SELECT count(*), min(iterations) > 0 FROM rq2"), "8|1\n");
  EXPECT_THAT(unmatched_artifacts(folder / "killed"), IsEmpty());
}

TEST_F(ResumeProgram, AnInterruptedTrainCommandContinuesToTheSameBytes) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const auto train = [&](const std::string& out) {
    return std::vector<std::string>{"train",      study.path("setting.yaml"), "--out", (folder / out).string(),
                                    "--data-dir", study.path("data"),         "-o",    "recipe.epochs=60"};
  };
  const fs::path checkpoint = folder / "stopped.safetensors.checkpoint";
  Process process(train("stopped.safetensors"));
  while (!process.has_ended() && !fs::exists(checkpoint)) std::this_thread::sleep_for(1ms);
  process.send(SIGINT);
  EXPECT_EQ(process.wait().exit_code, 130);
  EXPECT_FALSE(fs::exists(folder / "stopped.safetensors"));
  ASSERT_TRUE(fs::exists(checkpoint));
  EXPECT_EQ(run(train("stopped.safetensors")).exit_code, 0);
  EXPECT_FALSE(fs::exists(checkpoint));

  ASSERT_EQ(run(train("whole.safetensors")).exit_code, 0);
  EXPECT_EQ(sha256_file(folder / "stopped.safetensors"), sha256_file(folder / "whole.safetensors"));
}

TEST_F(ResumeProgram, AnInterruptionInTheMiddleOfTrainingIsHeard) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = folder / "workspace";
  Process process(study.run_arguments(workspace, {"-o", "settings.*.recipe.epochs=100000"}));
  while (!process.has_ended() && !fs::exists(workspace / "results.db")) std::this_thread::sleep_for(5ms);
  std::this_thread::sleep_for(300ms);
  const auto start = std::chrono::steady_clock::now();
  process.send(SIGINT);
  EXPECT_EQ(process.wait().exit_code, 130);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST_F(ResumeProgram, ASecondRunOnTheSameWorkspaceIsRefusedNamingTheFirst) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = folder / "workspace";
  Process first(study.run_arguments(workspace, {"-o", "settings.*.recipe.epochs=100000"}));
  while (!first.has_ended() && !fs::exists(workspace / "results.db")) std::this_thread::sleep_for(5ms);
  const Outcome second = run(study.run_arguments(workspace));
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_EQ(second.out, "");
  EXPECT_THAT(second.err, AllOf(HasSubstr(fmt::format("neusemslice: {}: this workspace is in use by process {} on ",
                                                      workspace.string(), first.pid())),
                                HasSubstr("; wait for it, stop it, or use another workspace\n")));
  EXPECT_FALSE(first.has_ended()) << "the first run is not disturbed";

  const Outcome status = run({"status", workspace.string()});
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_THAT(status.out, HasSubstr("run running since"));
}

}  // namespace
}  // namespace neusemslice
