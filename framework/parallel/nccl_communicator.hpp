#pragma once

#include <memory>
#include <string>

#include "parallel/mpi_communicator.hpp"

namespace neusemslice {

/// Device tensors over NCCL, between ranks that each own the GPU `device`; host tensors, barriers and the exchange of
/// NCCL's identity over `host`, which it takes. NCCL itself is joined with the first device tensor: a group of ranks
/// that never sends one costs no GPU memory.
///
/// A collective runs on a stream of its own, after what LibTorch's current stream was given before, and is complete
/// when the call returns: the results decide what happens next on the host. While it waits it asks NCCL for errors of
/// other ranks, and gives up after two minutes: then the communicator is aborted, so that no kernel hangs on the GPU,
/// and EnvironmentError says which collective it was.
///
/// In a build for CPU it gives `host` back.
std::unique_ptr<Communicator> make_nccl_communicator(std::unique_ptr<MpiCommunicator> host, at::Device device);

/// "2.28.3"; empty in a build for CPU.
std::string nccl_version();

}  // namespace neusemslice
