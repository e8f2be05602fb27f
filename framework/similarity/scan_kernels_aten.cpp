// The scan's steps by LibTorch's operators: any device.
#include "similarity/scan_kernels.hpp"

namespace neusemslice::aten {

at::Tensor column_dots(const at::Tensor& a, const at::Tensor& b) {
  return (a * b).sum(0, false, at::kDouble);
}

at::Tensor growth_inside(const at::Tensor& inner, std::int64_t positions) {
  const std::int64_t units = inner.size(0) / positions;
  at::Tensor products = inner.to(at::kDouble).square_().view({units, positions, units, positions}).sum({1, 3});
  const at::Tensor own = products.diagonal().clone();
  return products.tril_(-1).sum(1) * 2 + own;
}

at::Tensor pair_squares(const at::Tensor& inner, std::int64_t positions) {
  const std::int64_t rows = inner.size(0) / positions;
  const std::int64_t columns = inner.size(1) / positions;
  return inner.to(at::kDouble).square_().view({rows, positions, columns, positions}).sum({1, 3});
}

}  // namespace neusemslice::aten
