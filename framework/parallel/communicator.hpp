#pragma once

#include <vector>

#include <ATen/ATen.h>

namespace neusemslice {

/// Moves data between the ranks that share one piece of work. Every rank calls every collective, in the same order,
/// with tensors of one type and shape (but for the first dimension in all_gather). Tensors are contiguous, of type
/// uint8, int64, float32 or float64. Host tensors are always taken; device tensors by a backend on that device.
/// A collective waits without keeping a core busy. Sums of floats depend on the number of ranks: results that must not
/// are gathered and added in a fixed order instead.
class Communicator {
 public:
  virtual ~Communicator() = default;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;

  /// Where a collective is fastest for data that are computed on this rank's device: the host or a GPU.
  [[nodiscard]] virtual at::Device device() const = 0;

  /// Replaces each element, on every rank, by the sum over all ranks.
  virtual void all_reduce_sum(at::Tensor& values) = 0;

  /// The same with the largest: for byte masks, their union.
  virtual void all_reduce_max(at::Tensor& values) = 0;

  /// Every rank's tensor, in the order of ranks; their first dimensions may differ, also be 0.
  [[nodiscard]] virtual std::vector<at::Tensor> all_gather(const at::Tensor& values) = 0;

  /// Gives every rank the values of `root`.
  virtual void broadcast(at::Tensor& values, int root) = 0;

  /// Returns when every rank has come here.
  virtual void barrier() = 0;
};

/// The world of one process: every collective leaves its data as they are.
class SingleCommunicator final : public Communicator {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int size() const override { return 1; }
  [[nodiscard]] at::Device device() const override { return at::kCPU; }
  void all_reduce_sum(at::Tensor& /*values*/) override {}
  void all_reduce_max(at::Tensor& /*values*/) override {}
  [[nodiscard]] std::vector<at::Tensor> all_gather(const at::Tensor& values) override { return {values}; }
  void broadcast(at::Tensor& /*values*/, int /*root*/) override {}
  void barrier() override {}
};

}  // namespace neusemslice
