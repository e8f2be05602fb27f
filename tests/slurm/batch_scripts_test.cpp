// What the batch scripts do with each exit code, without a Slurm: its commands are small scripts that note how they
// were called. What a real Slurm makes of it is in requeue_test.cpp.
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "core/text.hpp"
#include "support/shell.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using testing::HasSubstr;
using testing::Not;

class BatchScripts : public testing::Test {
 protected:
  void SetUp() override {
    command("squeue", "case $* in *%e*) echo 2001-09-09T01:46:40Z ;; *) echo 1:00:00 ;; esac");
    command("srun",
            "echo srun \"$@\" >>calls; echo $SRUN_CPUS_PER_TASK $OMP_NUM_THREADS $SLURM_JOB_END_TIME >environment; "
            "echo $(($(cat done) + 1)) >done; exit $(cat ranks_end_with)");
    command("sbatch", "echo \"restarts $NEUSEMSLICE_RESTARTS:\" sbatch \"$@\" >>calls");
    command("sleep", "exit 0");
    command("neusemslice", R"(echo '{"kinds":{"train":{"done":'$(cat done)',"jobs":9}},"workspace":"w"}')");
    let_scontrol("exit 0");
    write_file_atomically(folder_ / "done", "0");
  }

  void command(const std::string& name, const std::string& body) {
    write_file_atomically(folder_ / name, "#!/bin/sh\n" + body + "\n");
    fs::permissions(folder_ / name, fs::perms::owner_all);
  }

  /// `requeue` is what `scontrol requeue` does.
  void let_scontrol(const std::string& requeue) {
    command("scontrol",
            fmt::format("case $1 in show) echo '   Command={}/launchers/slurm/'$(cat script)' suite.yaml' ;; requeue) "
                        "echo scontrol \"$@\" >>calls; {} ;; esac",
                        NEUSEMSLICE_SOURCE_DIR, requeue));
  }

  /// Runs the script as Slurm would, in a job of four tasks whose ranks end with `code`.
  ShellOutcome run(const std::string& script, int code, const std::string& variables = "",
                   const std::string& arguments = "suite.yaml") {
    write_file_atomically(folder_ / "script", script);
    write_file_atomically(folder_ / "ranks_end_with", std::to_string(code));
    fs::remove(folder_ / "calls");
    return shell(fmt::format(
        "cd {0} && env -i PATH={0}:$PATH NEUSEMSLICE={0}/neusemslice SLURM_JOB_ID=4711 SLURM_NTASKS=4 "
        "SLURM_JOB_NUM_NODES=2 "
        "SLURM_JOB_NODELIST=n1 SLURM_JOB_NAME=name SLURM_JOB_PARTITION=all SLURM_CPUS_PER_TASK=8 {1} bash {2} {3}",
        shell_word(folder_.path().string()), variables,
        shell_word(fmt::format("{}/launchers/slurm/{}", NEUSEMSLICE_SOURCE_DIR, script)), arguments));
  }

  [[nodiscard]] std::string calls() const { return read_file(folder_ / "calls"); }

  TemporaryFolder folder_;
};

TEST_F(BatchScripts, AFinishedSuiteEndsTheJob) {
  EXPECT_EQ(run("one-node.sbatch", 0).exit_code, 0);
  EXPECT_THAT(calls(), Not(HasSubstr("requeue")));
}

TEST_F(BatchScripts, ASavedCheckpointAndADeadRankRequeueTheJob) {
  for (const int code : {85, 86, 137}) {
    EXPECT_EQ(run("one-node.sbatch", code).exit_code, code);
    EXPECT_THAT(calls(), HasSubstr("scontrol requeue 4711\n"));
  }
}

TEST_F(BatchScripts, AFailureIsNotTriedAgain) {
  for (const int code : {1, 2, 3, 130, 139}) {
    EXPECT_EQ(run("many-nodes.sbatch", code).exit_code, code);
    EXPECT_THAT(calls(), Not(HasSubstr("requeue")));
  }
}

TEST_F(BatchScripts, AMistakeInTheSuiteIsToldOnceAndStartsNoRank) {
  command("neusemslice", "echo no such key; exit 2");
  EXPECT_EQ(run("one-node.sbatch", 0).exit_code, 2);
  EXPECT_FALSE(fs::exists(folder_ / "calls"));
}

TEST_F(BatchScripts, RanksGetPmixTheirCoresAndTheEndOfTheJob) {
  run("one-node.sbatch", 0, "SLURM_JOB_END_TIME=1", "suite.yaml -o 'seeds=[0, 1]'");
  EXPECT_EQ(calls(), fmt::format("srun --mpi=pmix --kill-on-bad-exit=0 --wait=60 {}/neusemslice run suite.yaml -o "
                                 "seeds=[0, 1]\n",
                                 folder_.path().string()));
  EXPECT_EQ(read_file(folder_ / "environment"), "8 8 1000000000\n") << "the inherited end is that of an earlier job";
}

TEST_F(BatchScripts, TheSecondRunInARowThatFinishesNothingIsTheLast) {
  command("srun", "exit 85");
  EXPECT_EQ(run("one-node.sbatch", 85).exit_code, 85);
  const ShellOutcome second = run("one-node.sbatch", 85);
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.output, HasSubstr("2 runs in a row finished nothing"));
  EXPECT_FALSE(fs::exists(folder_ / "calls")) << "nothing was requeued";
}

TEST_F(BatchScripts, AJobDoneOrACheckpointWrittenCountsAsProgress) {
  command("srun", "exit 85");
  run("one-node.sbatch", 85);
  command("srun", "mkdir -p w/checkpoints; date +%N >w/checkpoints/training; exit 85");
  EXPECT_EQ(run("one-node.sbatch", 85).exit_code, 85);
  command("srun", "exit 85");
  EXPECT_EQ(run("one-node.sbatch", 85).exit_code, 85) << "the row was broken";
  command("srun", "echo 1 >done; exit 85");
  EXPECT_EQ(run("one-node.sbatch", 85).exit_code, 85);
}

TEST_F(BatchScripts, RestartsAreCapped) {
  EXPECT_EQ(run("one-node.sbatch", 85, "SLURM_RESTART_COUNT=49").exit_code, 85);
  const ShellOutcome last = run("one-node.sbatch", 85, "SLURM_RESTART_COUNT=50");
  EXPECT_EQ(last.exit_code, 1);
  EXPECT_THAT(last.output, HasSubstr("give more --time"));
}

TEST_F(BatchScripts, WhereRequeueingIsRefusedTheSameJobIsSubmittedAgain) {
  let_scontrol("exit 1");
  EXPECT_EQ(run("one-node.sbatch", 85, "SLURM_RESTART_COUNT=2 SLURM_GPUS_PER_NODE=3", "suite.yaml 'a b'").exit_code,
            85);
  EXPECT_THAT(calls(),
              HasSubstr(fmt::format("restarts 3: sbatch --dependency=afterany:4711 --job-name=name --partition=all "
                                    "--time=1:00:00 --nodes=2 --ntasks-per-node=2 --cpus-per-task=8 --gpus-per-node=3 "
                                    "{}/launchers/slurm/one-node.sbatch suite.yaml a b\n",
                                    NEUSEMSLICE_SOURCE_DIR)));
}

TEST_F(BatchScripts, AnArrayElementRunsItsSettingInItsWorkspaceAndRequeuesOnlyItself) {
  run("array.sbatch", 85, "SLURM_ARRAY_JOB_ID=4711 SLURM_ARRAY_TASK_ID=1", "configs/rq1.yaml a dir/b.yaml -- --quiet");
  EXPECT_THAT(calls(), HasSubstr("run configs/rq1.yaml -o settings=[dir/b.yaml] --workspace workspaces/rq1-b --quiet\n"
                                 "scontrol requeue 4711_1\n"));
}

TEST_F(BatchScripts, AnArrayThatDoesNotFitItsSettingsSaysWhatWould) {
  for (const auto& [variables, element] :
       {std::pair<std::string, std::string>{"SLURM_ARRAY_JOB_ID=4711 SLURM_ARRAY_TASK_ID=2", "2"}, {"", "none"}}) {
    const ShellOutcome outcome = run("array.sbatch", 0, variables, "configs/rq1.yaml a b");
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.output, HasSubstr(fmt::format("no setting for array element {}: 2 are given, so submit with "
                                                      "--array=0-1\n",
                                                      element)));
  }
}

}  // namespace
}  // namespace neusemslice
