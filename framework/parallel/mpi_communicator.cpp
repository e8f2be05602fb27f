#include "parallel/mpi_communicator.hpp"

#include <limits>
#include <numeric>

#include "core/error.hpp"

namespace neusemslice {
namespace {

MPI_Datatype mpi_type(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return MPI_UINT8_T;
    case at::kLong:
      return MPI_INT64_T;
    case at::kFloat:
      return MPI_FLOAT;
    default:
      return MPI_DOUBLE;
  }
}

void require_host(const at::Tensor& values, const char* what) {
  require_communicable(values, what);
  require(values.is_cpu(), "{}: MPI moves host tensors, this one is on {}", what, values.device().str());
}

int int_count(const at::Tensor& values) {
  return static_cast<int>(values.numel());
}

}  // namespace

void require_communicable(const at::Tensor& values, const char* what) {
  const at::ScalarType type = values.scalar_type();
  require(type == at::kByte || type == at::kLong || type == at::kFloat || type == at::kDouble,
          "{}: tensors of type {} cannot be sent", what, at::toString(type));
  require(values.is_contiguous() && values.dim() > 0, "{}: the tensor must be contiguous and not a scalar", what);
  require(values.numel() <= std::numeric_limits<int>::max(), "{}: {} elements are more than one call can send", what,
          values.numel());
}

MpiCommunicator::MpiCommunicator(MpiHandle communicator) : communicator_(std::move(communicator)) {
  mpi_check(MPI_Comm_rank(communicator_.get(), &rank_), "ask for the rank");
  mpi_check(MPI_Comm_size(communicator_.get(), &size_), "ask for the number of ranks");
}

void MpiCommunicator::all_reduce(at::Tensor& values, MPI_Op operation, const char* what) {
  require_host(values, what);
  MPI_Request request = MPI_REQUEST_NULL;
  mpi_check(MPI_Iallreduce(MPI_IN_PLACE, values.mutable_data_ptr(), int_count(values), mpi_type(values.scalar_type()),
                           operation, communicator_.get(), &request),
            what);
  wait_patiently(request, what);
}

void MpiCommunicator::all_reduce_sum(at::Tensor& values) {
  all_reduce(values, MPI_SUM, "all-reduce (sum)");
}

void MpiCommunicator::all_reduce_max(at::Tensor& values) {
  all_reduce(values, MPI_MAX, "all-reduce (maximum)");
}

std::vector<at::Tensor> MpiCommunicator::all_gather(const at::Tensor& values) {
  constexpr const char* kWhat = "all-gather";
  require_host(values, kWhat);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(size_), 0);
  const std::int64_t own_rows = values.size(0);
  MPI_Request request = MPI_REQUEST_NULL;
  mpi_check(MPI_Iallgather(&own_rows, 1, MPI_INT64_T, rows.data(), 1, MPI_INT64_T, communicator_.get(), &request),
            kWhat);
  wait_patiently(request, kWhat);

  std::vector<std::int64_t> shape = values.sizes().vec();
  shape[0] = 1;
  const std::int64_t row_elements = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  shape[0] = std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
  const at::Tensor gathered = at::empty(shape, values.options());
  require_communicable(gathered, kWhat);
  std::vector<int> counts;
  std::vector<int> offsets;
  int offset = 0;
  for (const std::int64_t of_rank : rows) {
    counts.push_back(static_cast<int>(of_rank * row_elements));
    offsets.push_back(offset);
    offset += counts.back();
  }
  mpi_check(MPI_Iallgatherv(values.const_data_ptr(), int_count(values), mpi_type(values.scalar_type()),
                            gathered.mutable_data_ptr(), counts.data(), offsets.data(), mpi_type(values.scalar_type()),
                            communicator_.get(), &request),
            kWhat);
  wait_patiently(request, kWhat);
  return gathered.split_with_sizes(rows);
}

void MpiCommunicator::broadcast(at::Tensor& values, int root) {
  constexpr const char* kWhat = "broadcast";
  require_host(values, kWhat);
  MPI_Request request = MPI_REQUEST_NULL;
  mpi_check(MPI_Ibcast(values.mutable_data_ptr(), int_count(values), mpi_type(values.scalar_type()), root,
                       communicator_.get(), &request),
            kWhat);
  wait_patiently(request, kWhat);
}

void MpiCommunicator::barrier() {
  MPI_Request request = MPI_REQUEST_NULL;
  mpi_check(MPI_Ibarrier(communicator_.get(), &request), "barrier");
  wait_patiently(request, "barrier");
}

}  // namespace neusemslice
