#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

namespace neusemslice::cuda {

/// growth[unit] for `units` > 0 from the contiguous square `inner` of units * positions; both in the current device's
/// memory. Does not wait.
cudaError_t launch_growth_inside(const float* inner, std::int64_t units, std::int64_t positions, double* growth,
                                 cudaStream_t stream);

}  // namespace neusemslice::cuda
