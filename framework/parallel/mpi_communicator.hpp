#pragma once

#include "parallel/communicator.hpp"
#include "parallel/mpi_library.hpp"

namespace neusemslice {

/// Host tensors over MPI.
class MpiCommunicator final : public Communicator {
 public:
  /// Takes ownership of the communicator.
  explicit MpiCommunicator(MpiHandle communicator);

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] at::Device device() const override { return at::kCPU; }
  void all_reduce_sum(at::Tensor& values) override;
  void all_reduce_max(at::Tensor& values) override;
  [[nodiscard]] std::vector<at::Tensor> all_gather(const at::Tensor& values) override;
  void broadcast(at::Tensor& values, int root) override;
  void barrier() override;

  [[nodiscard]] MPI_Comm get() const { return communicator_.get(); }

 private:
  void all_reduce(at::Tensor& values, MPI_Op operation, const char* what);

  MpiHandle communicator_;
  int rank_ = 0;
  int size_ = 1;
};

/// What every backend asks of a tensor: contiguous, of a known type, elements countable by an int, as MPI counts.
void require_communicable(const at::Tensor& values, const char* what);

}  // namespace neusemslice
