// Sums over samples as CUDA kernels, for any body (score_kernel_bodies.hpp). No atomics: each sum has one order.
#pragma once

#include "contribution/sample_sums_launch.hpp"

namespace neusemslice::cuda {

/// partial[part][sum or squared sum][unit]
template <int kLanes, typename Body>
__global__ void __launch_bounds__(SampleSumsPlan::kRow* SampleSumsPlan::kRows)
    sum_parts_of_samples(const Body body, const UnitShape shape, std::int64_t samples_per_part, double* partial) {
  constexpr int kRows = SampleSumsPlan::kRows;
  constexpr int kUnits = SampleSumsPlan::kRow / kLanes;  // of a block
  constexpr int kSums = Body::kSquares ? 2 : 1;
  __shared__ double of_row[kSums][kRows][kUnits];

  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const int unit_of_block = static_cast<int>(threadIdx.x) / kLanes;
  const int row = static_cast<int>(threadIdx.y);
  const std::int64_t place = static_cast<std::int64_t>(blockIdx.x) * kUnits + unit_of_block;
  const bool inside = place < shape.units;
  const std::int64_t unit = inside ? place : shape.units - 1;  // beyond the last: the last again, and not stored
  const std::int64_t positions = kLanes == 1 ? 1 : shape.positions;
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.y) * samples_per_part;
  const std::int64_t end = min(begin + samples_per_part, shape.samples);

  double sum = 0;
  double squared_sum = 0;
#pragma unroll 4
  for (std::int64_t sample = begin + row; sample < end; sample += kRows) {  // the same turns for all lanes of a warp
    double total = 0;
    for (std::int64_t p = lane; p < positions; p += kLanes) total += body.term(sample, unit * positions + p);
    for (int distance = kLanes / 2; distance > 0; distance /= 2) total += __shfl_xor_sync(~0U, total, distance);
    const double value = body.of_sample(total, unit, positions);
    sum += value;
    if constexpr (Body::kSquares) squared_sum += value * value;
  }
  if (lane == 0) {
    of_row[0][row][unit_of_block] = sum;
    if constexpr (Body::kSquares) of_row[kSums - 1][row][unit_of_block] = squared_sum;
  }
  __syncthreads();
  if (row != 0 || lane != 0 || !inside) return;
  for (int which = 0; which < kSums; ++which) {
    double whole = 0;
    for (int r = 0; r < kRows; ++r) whole += of_row[which][r][unit_of_block];
    partial[(blockIdx.y * kSums + which) * shape.units + unit] = whole;
  }
}

/// sums[i] = sum over the parts of partial[part][i], in their order.
static __global__ void add_parts(const double* partial, std::int64_t parts, std::int64_t count, double* sums) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) {
    double sum = 0;
    for (std::int64_t part = 0; part < parts; ++part) sum += partial[part * count + i];
    sums[i] = sum;
  }
}

template <typename Body>
cudaError_t launch_sample_sums(const Body& body, const UnitShape& shape, double* partial, double* sums,
                               cudaStream_t stream) {
  const SampleSumsPlan plan = plan_sample_sums(shape);
  const dim3 grid(static_cast<unsigned>(plan.unit_blocks), static_cast<unsigned>(plan.parts));
  const dim3 block(SampleSumsPlan::kRow, SampleSumsPlan::kRows);
  if (plan.lanes == 1)
    sum_parts_of_samples<1><<<grid, block, 0, stream>>>(body, shape, plan.samples_per_part, partial);
  else if (plan.lanes == 8)
    sum_parts_of_samples<8><<<grid, block, 0, stream>>>(body, shape, plan.samples_per_part, partial);
  else
    sum_parts_of_samples<32><<<grid, block, 0, stream>>>(body, shape, plan.samples_per_part, partial);
  const cudaError_t first = cudaGetLastError();
  if (first != cudaSuccess) return first;

  constexpr int kThreads = 256;
  const std::int64_t count = (Body::kSquares ? 2 : 1) * shape.units;
  add_parts<<<static_cast<unsigned>((count + kThreads - 1) / kThreads), kThreads, 0, stream>>>(partial, plan.parts,
                                                                                               count, sums);
  return cudaGetLastError();
}

}  // namespace neusemslice::cuda
