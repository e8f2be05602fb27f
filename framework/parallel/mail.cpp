#include "parallel/mail.hpp"

#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <utility>

#include "core/backoff.hpp"
#include "core/error.hpp"

namespace neusemslice {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kToWorker = 1;
constexpr int kToCoordinator = 2;

/// Letters that wait for a thread of this process.
class Queue {
 public:
  void put(Letter letter) {
    {
      const std::lock_guard lock(mutex_);
      letters_.push_back(std::move(letter));
    }
    arrival_.notify_one();
  }

  std::optional<Letter> take(std::chrono::microseconds patience) {
    std::unique_lock lock(mutex_);
    if (!arrival_.wait_for(lock, patience, [this] { return !letters_.empty(); })) return std::nullopt;
    return taken();
  }

  Letter take() {
    std::unique_lock lock(mutex_);
    arrival_.wait(lock, [this] { return !letters_.empty(); });
    return taken();
  }

 private:
  Letter taken() {
    Letter letter = std::move(letters_.front());
    letters_.pop_front();
    return letter;
  }

  std::mutex mutex_;
  std::condition_variable arrival_;
  std::deque<Letter> letters_;
};

/// What the coordinator and rank 0's own worker have in common.
struct LocalQueues {
  Queue to_worker;
  Queue to_coordinator;
};

void mpi_send(MPI_Comm channel, int to, int tag, const std::string& bytes) {
  require(bytes.size() <= std::numeric_limits<int>::max(), "a message of {} bytes is too long to send", bytes.size());
  MPI_Request request = MPI_REQUEST_NULL;
  mpi_check(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to, tag, channel, &request),
            "send a message");
  wait_patiently(request, "send a message");
}

std::optional<Letter> mpi_receive(MPI_Comm channel, int from, int tag) {
  int has_come = 0;
  MPI_Message message = MPI_MESSAGE_NULL;
  MPI_Status status{};
  mpi_check(MPI_Improbe(from, tag, channel, &has_come, &message, &status), "look for a message");
  if (has_come == 0) return std::nullopt;
  int length = 0;
  mpi_check(MPI_Get_count(&status, MPI_BYTE, &length), "ask for a message's length");
  Letter letter{status.MPI_SOURCE, std::string(static_cast<std::size_t>(length), '\0')};
  mpi_check(MPI_Mrecv(letter.bytes.data(), length, MPI_BYTE, &message, MPI_STATUS_IGNORE), "receive a message");
  return letter;
}

class OwnWorkerMailbox final : public WorkerMailbox {
 public:
  explicit OwnWorkerMailbox(std::shared_ptr<LocalQueues> queues) : queues_(std::move(queues)) {}
  void send(std::string bytes) override { queues_->to_coordinator.put({0, std::move(bytes)}); }
  std::string receive() override { return queues_->to_worker.take().bytes; }

 private:
  std::shared_ptr<LocalQueues> queues_;
};

class DistantWorkerMailbox final : public WorkerMailbox {
 public:
  explicit DistantWorkerMailbox(MPI_Comm channel) : channel_(channel) {}
  void send(std::string bytes) override { mpi_send(channel_, 0, kToCoordinator, bytes); }
  std::string receive() override {
    for (Backoff backoff;; backoff.pause()) {
      if (auto letter = mpi_receive(channel_, 0, kToWorker)) return std::move(letter->bytes);
    }
  }

 private:
  MPI_Comm channel_;
};

/// Without a channel there is no worker but rank 0's own.
class QueueAndChannelMailbox final : public CoordinatorMailbox {
 public:
  QueueAndChannelMailbox(std::shared_ptr<LocalQueues> queues, MPI_Comm channel)
      : queues_(std::move(queues)), channel_(channel) {}

  void send(int to, std::string bytes) override {
    if (to == 0)
      queues_->to_worker.put({0, std::move(bytes)});
    else
      mpi_send(channel_, to, kToWorker, bytes);
  }

  std::optional<Letter> receive(std::chrono::milliseconds patience) override {
    if (channel_ == MPI_COMM_NULL) return queues_->to_coordinator.take(patience);
    const auto end = Clock::now() + patience;
    for (Backoff backoff; Clock::now() < end;) {
      if (auto letter = mpi_receive(channel_, MPI_ANY_SOURCE, kToCoordinator)) return letter;
      if (auto letter = queues_->to_coordinator.take(backoff.next())) return letter;
    }
    return std::nullopt;
  }

 private:
  std::shared_ptr<LocalQueues> queues_;
  MPI_Comm channel_;
};

}  // namespace

Mailboxes open_mailboxes(World& world) {
  if (world.rank() != 0) return {nullptr, std::make_unique<DistantWorkerMailbox>(world.mail_channel())};
  auto queues = std::make_shared<LocalQueues>();
  return {std::make_unique<QueueAndChannelMailbox>(queues, world.mail_channel()),
          std::make_unique<OwnWorkerMailbox>(queues)};
}

}  // namespace neusemslice
