#include "scheduling/runner.hpp"

#include <exception>
#include <thread>

#include "parallel/mail.hpp"
#include "scheduling/coordinator.hpp"
#include "scheduling/worker.hpp"

namespace neusemslice {
namespace {

ExitCode work(const RunParts& parts, WorkerMailbox& mailbox) {
  return Worker(parts.graph, parts.world, parts.workspace, parts.functions, mailbox).work();
}

}  // namespace

RunSummary coordinate(const RunParts& parts, Store& store, std::int64_t run, std::vector<JobEstimate> estimates) {
  const Mailboxes mailboxes = open_mailboxes(parts.world);
  RunRecord record(parts.graph, store, run);
  Coordinator coordinator(parts.graph, store, record, Schedule(parts.graph, record.states(), std::move(estimates)),
                          parts.world, parts.watch, *mailboxes.coordinator);
  std::exception_ptr ended_by;
  std::thread coordination([&] {
    try {
      coordinator.run();
    } catch (...) {
      ended_by = std::current_exception();
    }
  });
  // The work stays in main's thread: the thread counts of OpenMP and MKL belong to the thread that set them.
  work(parts, *mailboxes.worker);
  coordination.join();
  if (ended_by) std::rethrow_exception(ended_by);
  return record.summary();
}

ExitCode work_for(const RunParts& parts) {
  const Mailboxes mailboxes = open_mailboxes(parts.world);
  return work(parts, *mailboxes.worker);
}

}  // namespace neusemslice
