#include "scheduling/worker.hpp"

#include <chrono>

#include "core/error.hpp"
#include "core/memory.hpp"
#include "core/text.hpp"
#include "parallel/failure.hpp"
#include "store/artifact_files.hpp"

namespace neusemslice {
namespace {

using Clock = std::chrono::steady_clock;

Ending ending_of(ExitCode code) {
  switch (code) {
    case ExitCode::interrupted:
    case ExitCode::terminated:
    case ExitCode::requeue:
    case ExitCode::retry:
      return Ending::stopped;
    case ExitCode::environment:
      return Ending::fatal;
    default:
      return Ending::failed;
  }
}

}  // namespace

Worker::Worker(const JobGraph& graph, World& world, const std::filesystem::path& workspace,
               const JobFunctions& functions, WorkerMailbox& mailbox)
    : graph_(graph), world_(world), workspace_(workspace), functions_(functions), mailbox_(mailbox) {}

ExitCode Worker::work() {
  for (;;) {
    const Order order = decode_order(mailbox_.receive());
    if (const auto* farewell = std::get_if<Farewell>(&order)) return farewell->code;
    mailbox_.send(encode(perform(std::get<Task>(order))));
  }
}

JobOutput Worker::do_job(const Job& job, const Task& task, Communicator& communicator) const {
  const auto function = functions_.find(job.kind);
  require(function != functions_.end(), "nothing is known to do a job of kind '{}'", job.kind);
  const JobInputs inputs(workspace_, task.inputs);
  JobContext context{communicator, inputs, checkpoint_path(workspace_, job.key)};
  return function->second(job, context);
}

Report Worker::perform(const Task& task) {
  const Job& job = graph_.jobs().at(task.job);
  Report report{.job = task.job};
  const auto fail = [&report](Ending ending, const Failure& failure) {
    report.ending = ending;
    report.code = failure.code;
    report.message = failure.message;
  };
  const auto start = Clock::now();
  JobOutput output;
  try {
    Communicator& communicator = world_.group(task.ranks);
    output = do_job(job, task, communicator);
    if (communicator.rank() != 0) return report;
  } catch (const std::exception& error) {
    const Failure failure = failure_of(error);
    fail(ending_of(failure.code), failure);
    return report;
  }
  report.result = std::move(output.rows);
  try {
    report.result.artifacts = write_artifacts(workspace_, row_of(job), output.files);
  } catch (const Error& error) {
    fail(Ending::fatal, failure_of(error));
  } catch (const std::exception& error) {
    fail(Ending::fatal,
         {ExitCode::environment, fmt::format("write the files of {}: {}", job.kind, first_line(error.what()))});
  }
  report.effort = {.seconds = output.earlier_seconds + std::chrono::duration<double>(Clock::now() - start).count(),
                   .peak_memory_bytes = peak_memory_bytes(),
                   .ranks = static_cast<int>(task.ranks.size())};
  return report;
}

}  // namespace neusemslice
