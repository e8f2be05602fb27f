#pragma once

#include <cstdint>
#include <span>

namespace neusemslice {

/// Moves data between the ranks that share one piece of work. Every rank calls every collective in the same order.
/// One process uses SingleCommunicator; MPI and NCCL backends take the same calls.
class Communicator {
 public:
  virtual ~Communicator() = default;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;

  /// Replaces each byte, on every rank, by the largest of all ranks: the union of byte masks.
  virtual void all_reduce_max(std::span<std::uint8_t> values) = 0;
};

/// The world of one process: every collective leaves its data as they are.
class SingleCommunicator final : public Communicator {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int size() const override { return 1; }
  void all_reduce_max(std::span<std::uint8_t> /*values*/) override {}
};

}  // namespace neusemslice
