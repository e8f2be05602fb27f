// A rank falls silent at moments in which the others wait for it, or are too busy to ask. See losing_run.cpp.
#include <chrono>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/host.hpp"
#include "core/text.hpp"
#include "store/workspace_contents.hpp"
#include "support/shell.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace std::chrono_literals;
using test_support::rows;
using test_support::shell;
using test_support::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

/// Three ranks of losing_run must end within twelve seconds of their start (two for MPI's), name the lost rank's host
/// and leave with 86.
void expect_orderly_end(const std::filesystem::path& workspace, const std::string& how) {
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = shell(fmt::format(
      "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 {} --oversubscribe "
      "--bind-to none -n 3 {} {} {}",
      shell_word(NEUSEMSLICE_MPIRUN), shell_word(NEUSEMSLICE_LOSING_RUN), shell_word(workspace.string()), how));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 12s);
  EXPECT_EQ(outcome.exit_code, 86) << outcome.output;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("rank 2 on " + host_name()), HasSubstr("the same command continues")));
}

TEST(LostRank, InADividedJobWithRank0ItDoesNotHangTheRun) {
  const TemporaryFolder folder;
  expect_orderly_end(folder.path(), "divided");
  EXPECT_EQ(rows(folder.path(), "SELECT state FROM runs"), "stopped\n");
  EXPECT_EQ(rows(folder.path(), "SELECT state, attempts FROM jobs"), "waiting|0\n");
}

TEST(LostRank, IsNoticedWhileTheOthersReportWithoutPause) {
  const TemporaryFolder folder;
  expect_orderly_end(folder.path(), "busy");
  EXPECT_EQ(rows(folder.path(), "SELECT state FROM runs"), "stopped\n");
}

}  // namespace
}  // namespace neusemslice
