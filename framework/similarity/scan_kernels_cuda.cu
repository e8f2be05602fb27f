// The scan's steps as CUDA kernels; their arithmetic is scan_kernel_bodies.hpp, that of the CPU's loops.
#include "contribution/sample_sums.cuh"
#include "similarity/scan_kernel_bodies.hpp"
#include "similarity/scan_kernels_launch.hpp"

namespace neusemslice::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;

/// The sum of every thread's value, for thread 0; always in the same order.
__device__ double block_sum(double value) {
  __shared__ double of_warp[kWarps];
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_down_sync(~0U, value, distance);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  double sum = 0;
  if (threadIdx.x == 0) {
    for (int warp = 0; warp < kWarps; ++warp) sum += of_warp[warp];
  }
  return sum;
}

/// One block a unit; its threads walk along the rows of its features.
__global__ void __launch_bounds__(kThreads)
    growth_inside(const float* inner, std::int64_t units, std::int64_t positions, double* growth) {
  const std::int64_t unit = units - 1 - blockIdx.x;  // the last has the most to do and starts first
  const std::int64_t width = units * positions;
  const std::int64_t own = unit * positions;
  double squares_before = 0;
  double own_squares = 0;
  for (std::int64_t row = own; row < own + positions; ++row) {
    const float* products = inner + row * width;
    for (std::int64_t i = threadIdx.x; i < own; i += kThreads) squares_before += squared(products[i]);
    for (std::int64_t i = threadIdx.x; i < positions; i += kThreads) own_squares += squared(products[own + i]);
  }
  const double sum = block_sum(row_growth(squares_before, own_squares));
  if (threadIdx.x == 0) growth[unit] = sum;
}

}  // namespace

cudaError_t launch_growth_inside(const float* inner, std::int64_t units, std::int64_t positions, double* growth,
                                 cudaStream_t stream) {
  growth_inside<<<static_cast<unsigned>(units), kThreads, 0, stream>>>(inner, units, positions, growth);
  return cudaGetLastError();
}

template cudaError_t launch_sample_sums(const ColumnDot&, const UnitShape&, double*, double*, cudaStream_t);

}  // namespace neusemslice::cuda
