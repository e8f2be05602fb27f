#include "scheduling/runner.hpp"

#include <exception>
#include <thread>

#include <spdlog/spdlog.h>

#include "parallel/mail.hpp"
#include "scheduling/coordinator.hpp"
#include "scheduling/worker.hpp"

namespace neusemslice {
namespace {

/// A worker that cannot even report would be waited for by all others.
ExitCode work(const RunParts& parts, WorkerMailbox& mailbox) {
  try {
    return Worker(parts.graph, parts.world, parts.workspace, parts.functions, mailbox).work();
  } catch (const std::exception& error) {
    spdlog::error("rank {} cannot go on: {}", rank_name(parts.world.own_place()), error.what());
    parts.world.abort(static_cast<int>(ExitCode::retry));
  }
}

/// Main's thread may be in a collective that a lost rank will never join, and MPI cannot be ended in order without it.
[[noreturn]] void end_without_lost_ranks(const RunParts& parts, const LeadingParts& leading,
                                         const std::exception& reason) {
  spdlog::error("{}", reason.what());
  try {
    leading.store.finish_run(leading.run, "stopped");
  } catch (const std::exception& error) {
    spdlog::warn("the end of the run could not be recorded: {}", error.what());
  }
  const auto* own = dynamic_cast<const Error*>(&reason);
  parts.world.abort(static_cast<int>(own == nullptr ? ExitCode::retry : own->code()));
}

}  // namespace

RunSummary coordinate(const RunParts& parts, LeadingParts leading) {
  const Mailboxes mailboxes = open_mailboxes(parts.world);
  Coordinator coordinator(parts.graph, leading.store, leading.record,
                          Schedule(parts.graph, leading.record.states(), leading.estimates), parts.world, parts.watch,
                          *mailboxes.coordinator);
  std::exception_ptr ended_by;
  std::thread coordination([&] {
    try {
      coordinator.run();
    } catch (const std::exception& error) {
      if (coordinator.has_lost_ranks()) end_without_lost_ranks(parts, leading, error);
      ended_by = std::current_exception();
    }
  });
  // The work stays in main's thread: the thread counts of OpenMP and MKL belong to the thread that set them.
  work(parts, *mailboxes.worker);
  coordination.join();
  if (ended_by) std::rethrow_exception(ended_by);
  return leading.record.summary();
}

ExitCode work_for(const RunParts& parts) {
  const Mailboxes mailboxes = open_mailboxes(parts.world);
  return work(parts, *mailboxes.worker);
}

}  // namespace neusemslice
