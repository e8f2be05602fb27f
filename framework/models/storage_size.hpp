#pragma once

#include <cstdint>

#include "models/network.hpp"

namespace neusemslice {

/// What a network takes on a disk, in bytes. Zeros among the weights cost as much as any value in a dense file.
struct StorageSize {
  std::int64_t dense = 0;  ///< of its safetensors file
  std::int64_t csr = 0;    ///< of that file with weight matrices, one row an output, as compressed sparse rows (float32
                           ///< values, int32 columns and row starts) wherever this is smaller
  std::int64_t gzip = 0;   ///< of that file compressed by gzip
};

StorageSize storage_size(const Network& network);

/// How many parameters are not zero.
std::int64_t nonzero_parameters(const Network& network);

}  // namespace neusemslice
