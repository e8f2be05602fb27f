#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

#include "contribution/pool_kernel_bodies.hpp"

namespace neusemslice::cuda {

// Pointers are the current device's; `planes` is samples * channels and not 0; every place of `result` is written;
// nothing waits.

cudaError_t launch_max_pool_backward(const PoolShape& shape, std::int64_t planes, const float* values,
                                     const float* gradients, float* result, cudaStream_t stream);

cudaError_t launch_max_pool_rescale(const PoolShape& shape, std::int64_t planes, std::int64_t channels,
                                    const float* values, const float* reference, const float* multipliers,
                                    float* result, cudaStream_t stream);

}  // namespace neusemslice::cuda
