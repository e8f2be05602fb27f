// The scorer's steps as CUDA kernels; their arithmetic is score_kernel_bodies.hpp, that of the CPU's loops.
#include "contribution/sample_sums.cuh"
#include "contribution/score_kernels_launch.hpp"

namespace neusemslice::cuda {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kBlocks = 2048;  // fill any GPU of today; threads go on from there

__global__ void __launch_bounds__(kThreads) relu_backward(const float* z, float* gradients, std::int64_t count) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count; i += stride) {
    gradients[i] = relu_gradient(z[i], gradients[i]);
  }
}

/// A thread keeps its place's reference and goes down the samples.
__global__ void __launch_bounds__(kThreads) rescale_backward(const float* z, const float* reference, float* multipliers,
                                                             std::int64_t samples, std::int64_t width) {
  const std::int64_t place = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (place >= width) return;
  const float at_reference = reference[place];
  for (std::int64_t sample = blockIdx.y; sample < samples; sample += gridDim.y) {
    const std::int64_t i = sample * width + place;
    multipliers[i] = rescaled_multiplier(z[i], at_reference, multipliers[i]);
  }
}

std::int64_t blocks_over(std::int64_t count) {
  return (count + kThreads - 1) / kThreads;
}

}  // namespace

cudaError_t launch_relu_backward(const float* z, float* gradients, std::int64_t count, cudaStream_t stream) {
  const std::int64_t blocks = std::min(blocks_over(count), kBlocks);
  relu_backward<<<static_cast<unsigned>(blocks), kThreads, 0, stream>>>(z, gradients, count);
  return cudaGetLastError();
}

cudaError_t launch_rescale_backward(const float* z, const float* reference, float* multipliers, std::int64_t samples,
                                    std::int64_t width, cudaStream_t stream) {
  const std::int64_t across = blocks_over(width);
  const std::int64_t down = std::clamp<std::int64_t>(kBlocks / across, 1, samples);
  const dim3 grid(static_cast<unsigned>(across), static_cast<unsigned>(down));
  rescale_backward<<<grid, kThreads, 0, stream>>>(z, reference, multipliers, samples, width);
  return cudaGetLastError();
}

template cudaError_t launch_sample_sums(const Deviation&, const UnitShape&, double*, double*, cudaStream_t);
template cudaError_t launch_sample_sums(const Attribution&, const UnitShape&, double*, double*, cudaStream_t);
template cudaError_t launch_sample_sums(const Sensitivity&, const UnitShape&, double*, double*, cudaStream_t);

}  // namespace neusemslice::cuda
