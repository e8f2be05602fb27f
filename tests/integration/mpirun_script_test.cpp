// launchers/mpirun.sh: signals reach the ranks, and the program's exit code reaches the user.
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/text.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"
#include "support/shell.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::HasSubstr;

const std::string kLauncher = NEUSEMSLICE_SOURCE_DIR "/launchers/mpirun.sh";
const std::vector<std::string> kLong = {"-o", "settings.*.recipe.epochs=400"};

class MpirunScript : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_FASHION_MNIST();
    if (shell("command -v mpirun").exit_code != 0) GTEST_SKIP() << "needs mpirun (apt install openmpi-bin)";
    ::setenv("NEUSEMSLICE", NEUSEMSLICE_PROGRAM, 1);
    ::setenv("OMP_NUM_THREADS", "1", 1);
  }

  [[nodiscard]] std::string two_ranks() const {
    std::string command = kLauncher + " 2";
    for (const std::string& argument : study_.run_arguments(study_ / "workspace", kLong))
      command.append(" ").append(shell_word(argument));
    return command;
  }

  /// Sends the signal to the script once the ranks have started. (A shell's background jobs ignore SIGINT, hence env.)
  [[nodiscard]] ShellOutcome run_and_send(const std::string& signal) const {
    return shell(
        fmt::format("env --default-signal=INT {0} >{1} 2>&1 & script=$!; "
                    "for i in $(seq 300); do grep -q ' jobs on ' {1} && break; sleep 0.1; done; "
                    "kill -s {2} $script; wait $script; code=$?; cat {1}; exit $code",
                    two_ranks(), shell_word(study_.path("log")), signal));
  }

  SmallStudy study_;
};

TEST_F(MpirunScript, ATerminationLetsTheRanksSaveAndTheSameCommandContinuesToTheSameResults) {
  const ShellOutcome stopped = run_and_send("TERM");
  EXPECT_EQ(stopped.exit_code, 85) << stopped.output;
  EXPECT_EQ(files_below(study_ / "workspace" / "checkpoints").size(), 1) << stopped.output;

  const ShellOutcome resumed = shell(two_ranks());
  EXPECT_EQ(resumed.exit_code, 0) << resumed.output;
  ASSERT_EQ(run(study_.run_arguments(study_ / "undisturbed", kLong)).exit_code, 0);
  EXPECT_EQ(results(study_ / "workspace"), results(study_ / "undisturbed"));
}

TEST_F(MpirunScript, AnInterruptionSavesTooAndEndsAsTheProgramAloneDoes) {
  const ShellOutcome stopped = run_and_send("INT");
  EXPECT_EQ(stopped.exit_code, 130) << stopped.output;
  EXPECT_EQ(files_below(study_ / "workspace" / "checkpoints").size(), 1) << stopped.output;
}

TEST_F(MpirunScript, AnotherCheckpointSignalReachesTheRanksToo) {
  ::setenv("NEUSEMSLICE_CHECKPOINT_SIGNAL", "HUP", 1);  // which mpirun would take for its own end
  const ShellOutcome stopped = run_and_send("TERM");
  ::unsetenv("NEUSEMSLICE_CHECKPOINT_SIGNAL");
  EXPECT_EQ(stopped.exit_code, 85) << stopped.output;
  EXPECT_EQ(files_below(study_ / "workspace" / "checkpoints").size(), 1) << stopped.output;
}

TEST_F(MpirunScript, AMistakeOfTheUserKeepsItsExitCode) {
  EXPECT_EQ(shell(kLauncher + " 2 run no-such-suite.yaml").exit_code, 2);
}

TEST_F(MpirunScript, WithoutANumberOfRanksItSaysHowItIsCalled) {
  const ShellOutcome outcome = shell(kLauncher + " run suite.yaml");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.output, HasSubstr("usage: launchers/mpirun.sh N ARGUMENTS..."));
}

}  // namespace
}  // namespace neusemslice
