#include "parallel/mpi_library.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include "core/backoff.hpp"
#include "core/error.hpp"

namespace neusemslice {

bool is_started_by_mpi_launcher() {
  constexpr std::array kMarks = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_FD"};
  return std::ranges::any_of(kMarks, [](const char* name) { return std::getenv(name) != nullptr; });
}

std::string mpi_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  MPI_Get_library_version(text.data(), &length);
  const std::string version(text.data(), static_cast<std::size_t>(length));
  return version.substr(0, version.find(','));
}

void mpi_check(int code, const char* what) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw EnvironmentError(fmt::format("MPI: {}: {}", what, std::string(text.data(), static_cast<std::size_t>(length))));
}

void wait_patiently(MPI_Request& request, const char* what) {
  Backoff backoff;
  for (;;) {
    int is_complete = 0;
    mpi_check(MPI_Test(&request, &is_complete, MPI_STATUS_IGNORE), what);
    if (is_complete != 0) return;
    backoff.pause();
  }
}

MpiHandle::MpiHandle(MPI_Comm communicator) : communicator_(communicator) {
  mpi_check(MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN), "set the error handler");
}

MpiHandle::~MpiHandle() {
  if (communicator_ != MPI_COMM_NULL) MPI_Comm_free(&communicator_);
}

MpiHandle::MpiHandle(MpiHandle&& other) noexcept : communicator_(std::exchange(other.communicator_, MPI_COMM_NULL)) {}

MpiHandle& MpiHandle::operator=(MpiHandle&& other) noexcept {
  std::swap(communicator_, other.communicator_);
  return *this;
}

}  // namespace neusemslice
