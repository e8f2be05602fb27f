#include "similarity/prefix_similarity.hpp"

#include <cmath>

namespace neusemslice {

at::Tensor prefix_similarity(const at::Tensor& numerators, const at::Tensor& growth) {
  const std::int64_t units = numerators.numel();
  // On a GPU, sums of a few thousand numbers may differ in their last bits from run to run.
  const at::Tensor products = numerators.cpu().cumsum(0);
  const at::Tensor squared_norms = growth.cpu().cumsum(0);
  at::Tensor curve = at::zeros({units + 1}, at::kDouble);
  const double whole = products[units - 1].item<double>();  // |M|^2
  if (whole <= 0) return curve.fill_(1);                    // a silent layer: the empty slice is as good as any
  const at::Tensor similarity = products / (squared_norms.clamp_min(0).sqrt() * std::sqrt(whole));
  curve.slice(0, 1).copy_(at::where(squared_norms > 0, similarity.clamp_max(1), 0.0));
  return curve;
}

}  // namespace neusemslice
