// The way down through a max pooling as CUDA kernels; their arithmetic is pool_kernel_bodies.hpp, that of the CPU's
// loops. A thread owns one place of a plane and asks the windows over it, in the loops' order, what they send there: no
// atomics, and the loops' bits.
#include <algorithm>

#include "contribution/pool_kernels_launch.hpp"

namespace neusemslice::cuda {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kBlocks = 4096;  // fill any GPU of today; threads go on from there

/// The windows [begin, end) over a place along one side.
__device__ WindowSide windows_over(std::int64_t place, std::int64_t windows, const PoolShape& shape) {
  const std::int64_t from_edge = place + shape.padding;
  const std::int64_t before = from_edge - shape.kernel + 1;
  const std::int64_t begin = before > 0 ? (before + shape.stride - 1) / shape.stride : 0;
  const std::int64_t end = from_edge / shape.stride + 1;
  return {begin, end < windows ? end : windows};
}

/// The sum of `share(plane, window, row, column)` over the windows that send to the thread's places.
template <typename Share>
__device__ void gather(const PoolShape& shape, std::int64_t planes, float* result, const Share& share) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  const std::int64_t count = planes * shape.plane();
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count; i += stride) {
    const std::int64_t plane = i / shape.plane();
    const std::int64_t place = i % shape.plane();
    const WindowSide rows = windows_over(place / shape.width, shape.out_height, shape);
    const WindowSide columns = windows_over(place % shape.width, shape.out_width, shape);
    float sum = 0;
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      for (std::int64_t column = columns.begin; column < columns.end; ++column) {
        const WindowShare sent = share(plane, row, column);
        if (sent.place == place) sum += sent.value;
      }
    }
    result[i] = sum;
  }
}

__global__ void __launch_bounds__(kThreads)
    max_pool_backward(const PoolShape shape, std::int64_t planes, const float* values, const float* gradients,
                      float* result) {
  gather(shape, planes, result, [&](std::int64_t plane, std::int64_t row, std::int64_t column) {
    const WindowMaximum maximum = window_maximum(values + plane * shape.plane(), shape, row, column);
    return WindowShare{maximum.exact, gradients[plane * shape.windows() + row * shape.out_width + column]};
  });
}

__global__ void __launch_bounds__(kThreads)
    max_pool_rescale(const PoolShape shape, std::int64_t planes, std::int64_t channels, const float* values,
                     const float* reference, const float* multipliers, float* result) {
  gather(shape, planes, result, [&](std::int64_t plane, std::int64_t row, std::int64_t column) {
    const float* own = values + plane * shape.plane();
    const float* other = reference + plane % channels * shape.plane();
    return rescaled_share(own, other, window_maximum(own, shape, row, column),
                          window_maximum(other, shape, row, column),
                          multipliers[plane * shape.windows() + row * shape.out_width + column]);
  });
}

unsigned blocks_over(std::int64_t count) {
  return static_cast<unsigned>(std::min((count + kThreads - 1) / kThreads, kBlocks));
}

}  // namespace

cudaError_t launch_max_pool_backward(const PoolShape& shape, std::int64_t planes, const float* values,
                                     const float* gradients, float* result, cudaStream_t stream) {
  max_pool_backward<<<blocks_over(planes * shape.plane()), kThreads, 0, stream>>>(shape, planes, values, gradients,
                                                                                  result);
  return cudaGetLastError();
}

cudaError_t launch_max_pool_rescale(const PoolShape& shape, std::int64_t planes, std::int64_t channels,
                                    const float* values, const float* reference, const float* multipliers,
                                    float* result, cudaStream_t stream) {
  max_pool_rescale<<<blocks_over(planes * shape.plane()), kThreads, 0, stream>>>(shape, planes, channels, values,
                                                                                 reference, multipliers, result);
  return cudaGetLastError();
}

}  // namespace neusemslice::cuda
