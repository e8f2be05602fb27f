#pragma once

#include <filesystem>

#include "parallel/mail.hpp"
#include "scheduling/job_function.hpp"
#include "scheduling/messages.hpp"

namespace neusemslice {

/// Does what the coordinator orders, on one rank, one job after the other, in the thread that calls work().
class Worker {
 public:
  /// `graph` must be the coordinator's. Every argument must outlive the worker.
  Worker(const JobGraph& graph, World& world, const std::filesystem::path& workspace, const JobFunctions& functions,
         WorkerMailbox& mailbox);

  /// Returns when the coordinator says farewell, with the code that every rank leaves with.
  ExitCode work();

 private:
  [[nodiscard]] Report perform(const Task& task);
  [[nodiscard]] JobOutput do_job(const Job& job, const Task& task, Communicator& communicator) const;

  const JobGraph& graph_;
  World& world_;
  const std::filesystem::path& workspace_;
  const JobFunctions& functions_;
  WorkerMailbox& mailbox_;
};

}  // namespace neusemslice
