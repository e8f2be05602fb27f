#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "parallel/world.hpp"

namespace neusemslice {

/// A message and the rank it came from.
struct Letter {
  int from = 0;
  std::string bytes;
};

/// The coordinator's end of its exchange with the workers. Waiting does not keep a core busy.
class CoordinatorMailbox {
 public:
  virtual ~CoordinatorMailbox() = default;
  virtual void send(int to, std::string bytes) = 0;
  /// The next letter from any worker; nothing when none came within `patience`.
  virtual std::optional<Letter> receive(std::chrono::milliseconds patience) = 0;
};

/// A worker's end. Its letters arrive in the order in which they were sent.
class WorkerMailbox {
 public:
  virtual ~WorkerMailbox() = default;
  virtual void send(std::string bytes) = 0;
  /// Waits for the coordinator's next letter, as long as it takes.
  virtual std::string receive() = 0;
};

/// The ends that live in this process: a worker on every rank, the coordinator (else null) on rank 0. Each end is used
/// by one thread; on rank 0 the two ends by two threads.
struct Mailboxes {
  std::unique_ptr<CoordinatorMailbox> coordinator;
  std::unique_ptr<WorkerMailbox> worker;
};

/// Queues in memory between the coordinator and rank 0's own worker, MPI to the others.
Mailboxes open_mailboxes(World& world);

}  // namespace neusemslice
