#pragma once

#include <string>

#include <mpi.h>

namespace neusemslice {

/// Whether a launcher (mpirun, or srun with PMIx or PMI) started this process as a rank of an MPI world. Outside of
/// one MPI is not started at all: a run on a laptop needs no launcher and pays for none.
bool is_started_by_mpi_launcher();

/// "Open MPI v4.1.4"; needs no started MPI.
std::string mpi_version();

/// Throws EnvironmentError with the library's own words when `code` is an error; `what` was attempted.
void mpi_check(int code, const char* what);

/// Waits for a request without keeping a core busy, as MPI_Wait would.
void wait_patiently(MPI_Request& request, const char* what);

/// A communicator that is freed with its owner.
class MpiHandle {
 public:
  MpiHandle() = default;
  /// Takes ownership, and has errors returned rather than end the process.
  explicit MpiHandle(MPI_Comm communicator);
  ~MpiHandle();
  MpiHandle(MpiHandle&& other) noexcept;
  MpiHandle& operator=(MpiHandle&& other) noexcept;
  [[nodiscard]] MPI_Comm get() const noexcept { return communicator_; }

 private:
  MPI_Comm communicator_ = MPI_COMM_NULL;
};

}  // namespace neusemslice
