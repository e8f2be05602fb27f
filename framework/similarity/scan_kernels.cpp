// The scan's steps: what they are given is checked here, once for the CPU and the GPU.
#include "similarity/scan_kernels.hpp"

#include "contribution/fused.hpp"
#include "core/error.hpp"
#include "similarity/scan_kernel_steps.hpp"

namespace neusemslice {

at::Tensor column_dots(const at::Tensor& a, const at::Tensor& b) {
  if (!has_fused_form(a)) return aten::column_dots(a, b);
  require(a.dim() == 2 && a.sizes() == b.sizes() && a.device() == b.device() && a.stride(1) == 1 && b.stride(1) == 1,
          "column dots need two matrices of one shape and device with adjacent columns");
  const ColumnDot body{a.const_data_ptr<float>(), b.const_data_ptr<float>(), a.stride(0), b.stride(0)};
  at::Tensor dots = at::zeros({a.size(1)}, a.options().dtype(at::kDouble));
  a.is_cuda() ? cuda::column_dots(body, a.size(0), dots) : loops::column_dots(body, a.size(0), dots);
  return dots;
}

at::Tensor growth_inside(const at::Tensor& inner, std::int64_t positions) {
  if (!has_fused_form(inner)) return aten::growth_inside(inner, positions);
  require(inner.dim() == 2 && inner.is_contiguous() && inner.size(0) == inner.size(1) && inner.size(0) % positions == 0,
          "a block's products must be a contiguous square of units * positions");
  at::Tensor growth = at::zeros({inner.size(0) / positions}, inner.options().dtype(at::kDouble));
  inner.is_cuda() ? cuda::growth_inside(inner, positions, growth) : loops::growth_inside(inner, positions, growth);
  return growth;
}

at::Tensor pair_squares(const at::Tensor& inner, std::int64_t positions) {
  if (!inner.is_cpu() || !has_fused_form(inner)) return aten::pair_squares(inner, positions);
  require(inner.dim() == 2 && inner.is_contiguous() && inner.size(0) % positions == 0 && inner.size(1) % positions == 0,
          "products of units' features must be contiguous, (units * positions) both ways");
  at::Tensor squares = at::zeros({inner.size(0) / positions, inner.size(1) / positions}, at::kDouble);
  loops::pair_squares(inner, positions, squares);
  return squares;
}

}  // namespace neusemslice
