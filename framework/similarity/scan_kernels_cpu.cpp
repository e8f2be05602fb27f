// The scan's steps as plain loops: their definition, and what runs on the CPU.
#include <ATen/Parallel.h>

#include "core/error.hpp"
#include "similarity/scan_kernels.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kColumnsPerTask = 256;
constexpr std::int64_t kRowsPerTask = 64;

bool has_loops(const at::Tensor& values) {
  return values.is_cpu() && values.scalar_type() == at::kFloat;
}

double squares(const float* values, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  return sum;
}

}  // namespace

at::Tensor column_dots(const at::Tensor& a, const at::Tensor& b) {
  if (!has_loops(a)) return aten::column_dots(a, b);
  require(a.dim() == 2 && a.sizes() == b.sizes() && a.stride(1) == 1 && b.stride(1) == 1,
          "column dots need two matrices of one shape with adjacent columns");
  at::Tensor dots = at::zeros({a.size(1)}, at::kDouble);
  at::parallel_for(0, a.size(1), kColumnsPerTask, [&](std::int64_t begin, std::int64_t end) {
    auto* sum = dots.mutable_data_ptr<double>();
    for (std::int64_t row = 0; row < a.size(0); ++row) {
      const float* left = a.const_data_ptr<float>() + row * a.stride(0);
      const float* right = b.const_data_ptr<float>() + row * b.stride(0);
      for (std::int64_t c = begin; c < end; ++c) sum[c] += static_cast<double>(left[c]) * static_cast<double>(right[c]);
    }
  });
  return dots;
}

at::Tensor growth_inside(const at::Tensor& inner, std::int64_t positions) {
  if (!has_loops(inner)) return aten::growth_inside(inner, positions);
  require(inner.dim() == 2 && inner.is_contiguous() && inner.size(0) == inner.size(1) && inner.size(0) % positions == 0,
          "a block's products must be a contiguous square of units * positions");
  const std::int64_t width = inner.size(0);
  at::Tensor growth = at::zeros({width / positions}, at::kDouble);
  at::parallel_for(0, width / positions, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t unit = begin; unit < end; ++unit) {
      double sum = 0;
      for (std::int64_t row = unit * positions; row < (unit + 1) * positions; ++row) {
        const float* products = inner.const_data_ptr<float>() + row * width;
        sum += 2 * squares(products, unit * positions) + squares(products + unit * positions, positions);
      }
      growth.mutable_data_ptr<double>()[unit] = sum;
    }
  });
  return growth;
}

}  // namespace neusemslice
