// The scan's steps on a GPU: tensors in, kernels started on LibTorch's current stream, nothing waited for.
#include "contribution/sample_sums_cuda.hpp"
#include "similarity/scan_kernel_steps.hpp"
#include "similarity/scan_kernels_launch.hpp"

namespace neusemslice::cuda {

void column_dots(const ColumnDot& body, std::int64_t rows, at::Tensor& dots) {
  launch_sums(body, UnitShape{.samples = rows, .units = dots.numel(), .positions = 1}, dots, "column_dots");
}

void growth_inside(const at::Tensor& inner, std::int64_t positions, at::Tensor& growth) {
  if (growth.numel() == 0) return;
  const LaunchOn launch(inner);
  require_launched(launch_growth_inside(inner.const_data_ptr<float>(), growth.numel(), positions,
                                        growth.mutable_data_ptr<double>(), launch.stream()),
                   "growth_inside");
}

}  // namespace neusemslice::cuda
