#include "similarity/prepared_features.hpp"

#include <algorithm>
#include <cmath>

namespace neusemslice {
namespace {

/// Differences from the mean over the samples, rounded once.
at::Tensor centred(const at::Tensor& features) {
  at::Tensor differences = at::empty_like(features, at::MemoryFormat::Contiguous);
  const at::Tensor mean = features.mean(0, false, at::kDouble);
  for (std::int64_t sample = 0; sample < features.size(0); ++sample) differences[sample].copy_(features[sample] - mean);
  return differences;
}

}  // namespace

PreparedFeatures prepared(const at::Tensor& features, bool centered) {
  const at::Tensor values = centered ? centred(features) : features.contiguous();
  if (values.numel() == 0) return {values, 0};
  const auto [low, high] = values.aminmax();
  const double largest = std::max(-low.item<double>(), high.item<double>());
  const bool far_from_one = largest > 0 && std::isfinite(largest) && (largest < 0x1p-10 || largest > 0x1p10);
  if (!far_from_one) return {values, 0};
  const int exponent = std::clamp(-std::ilogb(largest), -126, 126);
  return {values * std::ldexp(1.0, exponent), exponent};
}

}  // namespace neusemslice
