// A suite on three hosts: one of them dies, the run ends and says which, and the same command finishes it.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "core/text.hpp"
#include "integration/network_hosts.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"
#include "support/shell.hpp"
#include "support/waiting.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

/// Three trainings of some seconds, so that every rank has one.
const std::vector<std::string> kStudy = {"-o", "seeds=[0,1,2]", "-o", "settings.*.recipe.epochs=200"};

class Hosts : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_FASHION_MNIST();
    if (const std::string missing = NetworkHosts::missing(); !missing.empty()) GTEST_SKIP() << missing;
    hosts_ = std::make_unique<NetworkHosts>();
  }

  [[nodiscard]] fs::path workspace() const { return study_ / "workspace"; }
  [[nodiscard]] std::string log() const { return fs::exists(study_ / "log") ? read_file(study_ / "log") : ""; }

  /// The suite on all hosts, running; what it says is in log().
  std::future<ShellOutcome> start() {
    std::string program = fmt::format("-x OMP_NUM_THREADS=1 {}", NEUSEMSLICE_PROGRAM);
    for (const std::string& argument : study_.run_arguments(workspace(), kStudy))
      program.append(" ").append(shell_word(argument));
    return std::async(std::launch::async, [command = fmt::format("{} >{} 2>&1", hosts_->mpirun(program),
                                                                 study_.path("log"))] { return shell(command); });
  }

  /// The process of the rank on host3, once every rank has begun.
  [[nodiscard]] pid_t wait_for_rank_on_host3() const {
    const std::regex line("rank 2 on host3 \\(process ([0-9]+)\\)");
    std::smatch match;
    std::string text;
    const bool found = wait_until([&] { return text = log(), std::regex_search(text, match, line); }, 60s);
    return found ? std::stoi(match[1]) : -1;
  }

  std::unique_ptr<NetworkHosts> hosts_;
  SmallStudy study_;
};

TEST_F(Hosts, AKilledRankEndsTheRunWithItsHostNamedAndTheSameCommandEndsLikeOneProcess) {
  std::future<ShellOutcome> first = start();
  const pid_t rank = wait_for_rank_on_host3();
  ASSERT_GT(rank, 0) << log();
  ::kill(rank, SIGKILL);
  ASSERT_EQ(first.wait_for(10s), std::future_status::ready) << log();
  EXPECT_NE(first.get().exit_code, 0);
  EXPECT_THAT(log(), HasSubstr("on node host3 exited on signal 9"));

  EXPECT_EQ(start().get().exit_code, 0) << log();
  const fs::path undisturbed = study_ / "undisturbed";
  ASSERT_EQ(run(study_.run_arguments(undisturbed, kStudy)).exit_code, 0);
  EXPECT_EQ(results(workspace()), results(undisturbed));
  EXPECT_THAT(unmatched_artifacts(workspace()), IsEmpty());
}

TEST_F(Hosts, AHostThatIsUnpluggedEndsTheRunWithItsNameAndItsRankEndsItself) {
  std::future<ShellOutcome> run = start();
  ASSERT_GT(wait_for_rank_on_host3(), 0) << log();
  const std::size_t said_before = log().size();
  EXPECT_TRUE(hosts_->has_rank(3));
  hosts_->unplug(3);
  ASSERT_EQ(run.wait_for(15s), std::future_status::ready) << log();
  EXPECT_NE(run.get().exit_code, 0);
  EXPECT_THAT(log().substr(said_before), HasSubstr("host3"));
  EXPECT_TRUE(wait_until([&] { return !hosts_->has_rank(3); }, 20s)) << "a rank that nobody hears must not go on";
}

}  // namespace
}  // namespace neusemslice
