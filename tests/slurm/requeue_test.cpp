// The batch scripts in a real Slurm: time limits, requeueing, arrays and several nodes. What they do with each exit
// code is in batch_scripts_test.cpp.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <regex>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"
#include "slurm/slurm_cluster.hpp"
#include "support/waiting.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Of options: two ranks on one core each, whatever the scripts ask for.
constexpr const char* kTwoRanks = "--ntasks-per-node=2 --cpus-per-task=1 --gpus-per-node=0";

class Requeue : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_FASHION_MNIST();
    if (const std::string missing = SlurmCluster::missing(); !missing.empty()) GTEST_SKIP() << missing;
    ::setenv("NEUSEMSLICE", NEUSEMSLICE_PROGRAM, 1);
    if (cluster_ == nullptr) cluster_ = std::make_unique<SlurmCluster>();
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  static std::string script(const std::string& name) {
    return fmt::format("{}/launchers/slurm/{}.sbatch", NEUSEMSLICE_SOURCE_DIR, name);
  }

  [[nodiscard]] fs::path workspace() const { return study_ / "workspace"; }

  /// Submits the small study with as many epochs.
  [[nodiscard]] std::string submit(const std::string& name, const std::string& options, int epochs) const {
    return cluster_->submit(study_ / "",
                            fmt::format("{} {} suite.yaml --workspace workspace --data-dir data --device cpu "
                                        "-o "
                                        "'settings.*.recipe.epochs={}'",
                                        options, script(name), epochs));
  }

  /// What the batch script and its ranks said; in the folder of submission.
  [[nodiscard]] std::string log(const std::string& job) const {
    const fs::path path = study_ / fmt::format("neusemslice-{}.out", job);
    return fs::exists(path) ? read_file(path) : "no log";
  }

  /// Waits until the ranks have started, after which they heed signals.
  [[nodiscard]] bool wait_for_ranks(const std::string& job) const {
    return wait_until([&] { return log(job).find(" jobs on ") != std::string::npos; }, 30s);
  }

  /// How many epochs of the small study take this long here and now.
  [[nodiscard]] int epochs_in(std::chrono::seconds time) const {
    constexpr int kTried = 200;
    const auto start = std::chrono::steady_clock::now();
    run(study_.run_arguments(study_ / "timed", {"-o", fmt::format("settings.*.recipe.epochs={}", kTried)}));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    return static_cast<int>(kTried * std::chrono::duration<double>(time) / taken);
  }

  static std::unique_ptr<SlurmCluster> cluster_;
  SmallStudy study_;
};

std::unique_ptr<SlurmCluster> Requeue::cluster_;

TEST_F(Requeue, SlurmAcceptsEveryScriptAsItIs) {
  for (const char* name : {"one-node", "many-nodes", "array"}) {
    const ShellOutcome outcome = cluster_->run(fmt::format("sbatch --test-only {} suite.yaml", script(name)));
    EXPECT_EQ(outcome.exit_code, 0) << name << ": " << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("to start at"));
  }
}

TEST_F(Requeue, ATimeLimitInMidTrainingEndsInACheckpointAndTheRequeuedJobEndsLikeAnUndisturbedOne) {
  // The signal comes 10 to 40 s after the start; a machine that grows twice as fast meanwhile will do.
  const int epochs = epochs_in(75s);
  Process undisturbed(
      study_.run_arguments(study_ / "undisturbed", {"-o", fmt::format("settings.*.recipe.epochs={}", epochs)}));
  const std::string job = submit("one-node", fmt::format("--time=1 --signal=USR2@50 {}", kTwoRanks), epochs);
  ASSERT_TRUE(wait_until(
      [&] { return cluster_->job(job)["JobState"] == "PENDING" && cluster_->job(job)["Restarts"] == "1"; }, 90s))
      << log(job);
  EXPECT_EQ(cluster_->job(job)["Reason"], "BeginTime");
  EXPECT_THAT(log(job), HasSubstr("Exited with exit code 85"));
  EXPECT_THAT(files_below(workspace() / "checkpoints"), SizeIs(1));

  cluster_->run(fmt::format("scontrol update JobId={} TimeLimit=10", job));  // once is enough
  ASSERT_TRUE(cluster_->wait_for(job, "COMPLETED", 200s)) << log(job);
  EXPECT_EQ(cluster_->job(job)["ExitCode"], "0:0");
  EXPECT_THAT(log(job), AllOf(HasSubstr("restart 0 on n1 with 2 ranks"), HasSubstr("restart 1 on n1 with 2 ranks")));
  ASSERT_EQ(undisturbed.wait().exit_code, 0);
  EXPECT_EQ(results(workspace()), results(study_ / "undisturbed"));
  EXPECT_THAT(files_below(workspace() / "checkpoints"), IsEmpty());
}

TEST_F(Requeue, AKilledRankEndsTheRunWithItsHostNamedAndTheRequeuedJobFinishes) {
  const std::string job =
      submit("many-nodes", "--ntasks-per-node=1 --cpus-per-task=1 --gpus-per-node=0", epochs_in(10s));
  const std::regex line("rank 1 on \\S+ \\(process ([0-9]+)\\)");
  std::string said;
  std::smatch rank;
  ASSERT_TRUE(wait_until([&] { return said = log(job), std::regex_search(said, rank, line); }, 30s)) << said;
  ::kill(std::stoi(rank[1]), SIGKILL);
  ASSERT_TRUE(wait_until([&] { return cluster_->job(job)["Restarts"] == "1"; }, 30s)) << log(job);
  EXPECT_THAT(log(job).substr(said.size()), HasSubstr(rank[0])) << "with its host";
  ASSERT_TRUE(cluster_->wait_for(job, "COMPLETED", 90s)) << log(job);
  EXPECT_EQ(rows(workspace(), "SELECT DISTINCT state FROM jobs"), "done\n");
}

TEST_F(Requeue, WhereRequeueingIsRefusedANewJobContinues) {
  const std::string job = submit("one-node", fmt::format("--no-requeue {}", kTwoRanks), epochs_in(10s));
  ASSERT_TRUE(wait_for_ranks(job)) << log(job);
  cluster_->run("scancel --signal=USR2 " + job);
  ASSERT_TRUE(cluster_->wait_for(job, "FAILED", 30s)) << log(job);
  EXPECT_EQ(cluster_->job(job)["ExitCode"], "85:0");
  const std::string next = std::to_string(std::stoi(job) + 1);
  EXPECT_THAT(log(job), HasSubstr("Submitted batch job " + next));
  ASSERT_TRUE(cluster_->wait_for(next, "COMPLETED", 60s)) << log(next);
  EXPECT_THAT(log(next), HasSubstr("restart 1 on n1 with 2 ranks"));
}

TEST_F(Requeue, ACancelledJobSavesItsCheckpointAndDoesNotComeBack) {
  const std::string job = submit("one-node", kTwoRanks, 100'000);
  ASSERT_TRUE(wait_for_ranks(job)) << log(job);
  cluster_->run("scancel " + job);
  ASSERT_TRUE(cluster_->wait_for(job, "CANCELLED", 40s)) << log(job);
  EXPECT_EQ(cluster_->job(job)["Restarts"], "0");
  EXPECT_THAT(files_below(workspace() / "checkpoints"), SizeIs(1)) << log(job);
}

TEST_F(Requeue, AnArrayElementRequeuesOnlyItselfAndEachHasItsOwnWorkspace) {
  write_file_atomically(study_ / "other.yaml", "extends: setting.yaml\nname: other\n");
  const std::string array = cluster_->submit(
      study_ / "",
      fmt::format("--array=0-1 --cpus-per-task=1 --gpus-per-node=0 {} suite.yaml setting.yaml other.yaml -- "
                  "--data-dir data -o 'settings.*.recipe.epochs={}'",
                  script("array"), epochs_in(8s)));
  const std::string first = array + "_0";
  const std::string second = array + "_1";
  ASSERT_TRUE(wait_for_ranks(second)) << log(second);
  cluster_->run("scancel --signal=USR2 " + second);
  ASSERT_TRUE(cluster_->wait_for(first, "COMPLETED", 60s)) << log(first);
  ASSERT_TRUE(cluster_->wait_for(second, "COMPLETED", 60s)) << log(second);
  EXPECT_EQ(cluster_->job(first)["Restarts"], "0");
  EXPECT_EQ(cluster_->job(second)["Restarts"], "1");
  const char* const kEnded = "SELECT DISTINCT setting, state FROM jobs";
  EXPECT_EQ(rows(study_ / "workspaces" / "suite-setting", kEnded), "small|done\n");
  EXPECT_EQ(rows(study_ / "workspaces" / "suite-other", kEnded), "other|done\n");
}

TEST_F(Requeue, RanksThatDoNotFindEachOtherSayWhatToDoAndAreNotRequeued) {
  const std::string job = submit("one-node", fmt::format("--export=ALL,SLURM_MPI_TYPE=none {}", kTwoRanks), 1);
  ASSERT_TRUE(cluster_->wait_for(job, "FAILED", 30s)) << log(job);
  EXPECT_EQ(cluster_->job(job)["ExitCode"], "3:0");
  EXPECT_THAT(log(job), HasSubstr("Slurm started 2 tasks, but MPI sees one: use srun --mpi=pmix"));
}

TEST_F(Requeue, SeveralNodesAreOneRun) {
  const std::string job = submit("many-nodes", "--ntasks-per-node=1 --cpus-per-task=1 --gpus-per-node=0", 1);
  ASSERT_TRUE(cluster_->wait_for(job, "COMPLETED", 60s)) << log(job);
  EXPECT_THAT(log(job), HasSubstr("on n[1-2] with 2 ranks"));
  EXPECT_EQ(results(workspace()), results(finished_workspace()));
}

}  // namespace
}  // namespace neusemslice
