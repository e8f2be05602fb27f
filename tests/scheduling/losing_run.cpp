// A run that loses a rank, for lost_rank_test: losing_run WORKSPACE divided|busy, under mpirun. The last rank stops as
// if its host had lost its network: no launcher sees that.
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "scheduling/toy_run.hpp"

namespace {

using namespace neusemslice;

/// Every rank shares the one job, and all but the last wait in a collective for it.
void run_a_divided_job(World& world, const std::filesystem::path& workspace) {
  const JobFunctions functions = {{"train", [](const Job&, JobContext& context) {
                                     const bool is_last =
                                         context.communicator.rank() + 1 == context.communicator.size();
                                     if (is_last) std::raise(SIGSTOP);
                                     context.communicator.barrier();
                                     return JobOutput{};
                                   }}};
  test_support::run_on_all_ranks(world, test_support::toy_jobs(1), workspace, functions, 10);
}

/// The other ranks go on reporting all the time.
void run_many_short_jobs(World& world, const std::filesystem::path& workspace) {
  int performed = 0;
  const JobFunctions functions = {{"train", [&](const Job&, JobContext&) {
                                     if (world.rank() + 1 == world.size() && ++performed == 3) std::raise(SIGSTOP);
                                     std::this_thread::sleep_for(std::chrono::milliseconds(20));
                                     return JobOutput{};
                                   }}};
  test_support::run_on_all_ranks(world, test_support::toy_jobs(5000), workspace, functions);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  World world;
  world.share_devices(at::kCPU, 1);
  if (std::string(argv[2]) == "divided")
    run_a_divided_job(world, argv[1]);
  else
    run_many_short_jobs(world, argv[1]);
  return 0;
}
