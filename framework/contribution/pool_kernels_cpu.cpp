// The way down through a max pooling as plain loops: its definition, and what runs on the CPU.
#include <vector>

#include <ATen/Parallel.h>

#include "contribution/pool_kernel_steps.hpp"

namespace neusemslice::loops {
namespace {

constexpr std::int64_t kValuesPerTask = 1 << 14;

/// Calls `work(plane)` for every sample and channel; threads share the planes.
template <typename Work>
void for_planes(const PoolShape& shape, const at::Tensor& values, const Work& work) {
  const std::int64_t planes = values.size(0) * values.size(1);
  const std::int64_t planes_per_task = std::max<std::int64_t>(kValuesPerTask / shape.plane(), 1);
  at::parallel_for(0, planes, planes_per_task, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t plane = begin; plane < end; ++plane) work(plane);
  });
}

/// Calls `work(window, maximum)` for the windows of a plane, row by row.
template <typename Work>
void for_windows(const PoolShape& shape, const float* plane, const Work& work) {
  for (std::int64_t row = 0; row < shape.out_height; ++row) {
    for (std::int64_t column = 0; column < shape.out_width; ++column) {
      work(row * shape.out_width + column, window_maximum(plane, shape, row, column));
    }
  }
}

/// Of every window of one sample.
std::vector<WindowMaximum> window_maxima(const PoolShape& shape, const at::Tensor& sample) {
  std::vector<WindowMaximum> maxima;
  maxima.reserve(static_cast<std::size_t>(sample.size(1) * shape.windows()));
  for (std::int64_t channel = 0; channel < sample.size(1); ++channel) {
    for_windows(shape, sample.const_data_ptr<float>() + channel * shape.plane(),
                [&](std::int64_t, const WindowMaximum& maximum) { maxima.push_back(maximum); });
  }
  return maxima;
}

}  // namespace

void max_pool_backward(const PoolShape& shape, const at::Tensor& values, const at::Tensor& gradients,
                       at::Tensor& result) {
  for_planes(shape, values, [&](std::int64_t plane) {
    const float* above = gradients.const_data_ptr<float>() + plane * shape.windows();
    float* below = result.mutable_data_ptr<float>() + plane * shape.plane();
    for_windows(shape, values.const_data_ptr<float>() + plane * shape.plane(),
                [&](std::int64_t window, const WindowMaximum& maximum) { below[maximum.exact] += above[window]; });
  });
}

void max_pool_rescale(const PoolShape& shape, const at::Tensor& values, const at::Tensor& reference,
                      const at::Tensor& multipliers, at::Tensor& result) {
  const std::vector<WindowMaximum> maxima = window_maxima(shape, reference);
  for_planes(shape, values, [&](std::int64_t plane) {
    const std::int64_t channel = plane % values.size(1);
    const float* own = values.const_data_ptr<float>() + plane * shape.plane();
    const float* other = reference.const_data_ptr<float>() + channel * shape.plane();
    const WindowMaximum* at_reference = maxima.data() + channel * shape.windows();
    const float* above = multipliers.const_data_ptr<float>() + plane * shape.windows();
    float* below = result.mutable_data_ptr<float>() + plane * shape.plane();
    for_windows(shape, own, [&](std::int64_t window, const WindowMaximum& maximum) {
      const WindowShare share = rescaled_share(own, other, maximum, at_reference[window], above[window]);
      below[share.place] += share.value;
    });
  });
}

}  // namespace neusemslice::loops
