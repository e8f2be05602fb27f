#pragma once

#include <cstdint>

#include <cuda_runtime_api.h>

namespace neusemslice::cuda {

// Pointers are the current device's; counts are not 0; nothing waits.

/// gradients[i] = relu_gradient(z[i], gradients[i])
cudaError_t launch_relu_backward(const float* z, float* gradients, std::int64_t count, cudaStream_t stream);

/// multipliers[s][i] = rescaled_multiplier(z[s][i], reference[i], multipliers[s][i])
cudaError_t launch_rescale_backward(const float* z, const float* reference, float* multipliers, std::int64_t samples,
                                    std::int64_t width, cudaStream_t stream);

}  // namespace neusemslice::cuda
