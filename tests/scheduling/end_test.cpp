// How a run of several ranks ends early. A program of its own: a process that was asked to stop stays so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/stop.hpp"
#include "scheduling/toy_run.hpp"
#include "store/workspace_contents.hpp"
#include "support/ranks.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using test_support::rows;
using test_support::run_on_all_ranks;
using test_support::SharedFolder;
using test_support::toy_jobs;
using test_support::world;

TEST(End, AFailingMachineEndsTheRunForAllAndItsJobIsStillToBeDone) {
  const SharedFolder folder;
  const JobFunctions functions = {{"train", [](const Job& job, JobContext&) -> JobOutput {
                                     if (job.seed == 0) throw EnvironmentError("the GPU is gone");
                                     while (true) throw_if_stopped();  // the others stop when they hear of it
                                   }}};
  const auto run = [&] { run_on_all_ranks(world(), toy_jobs(20), folder.path(), functions); };
  if (world().rank() != 0) return run();
  EXPECT_EQ(message_of<Error>(run), "the GPU is gone");
  EXPECT_EQ(rows(folder.path(), "SELECT state, attempts FROM jobs WHERE seed = 0"), "waiting|0\n");
}

}  // namespace
}  // namespace neusemslice
