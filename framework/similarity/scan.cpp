#include "similarity/scan.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/core/grad_mode.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "similarity/scan_kernels.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kNumeratorColumns = 1024;  // of M * F at a time

std::int64_t float_bytes(std::int64_t count) {
  return count * static_cast<std::int64_t>(sizeof(float));
}

/// Columns of features in a block: wide enough for fast products, narrow enough that the block's own, which cost
/// columns / n of a Gram product, stay at half of one.
std::int64_t block_columns(std::int64_t samples) {
  return std::clamp<std::int64_t>(samples / 2, 32, 256);
}

/// Differences from the mean over the samples, rounded once.
at::Tensor centred(const at::Tensor& features) {
  at::Tensor differences = at::empty_like(features, at::MemoryFormat::Contiguous);
  const at::Tensor mean = features.mean(0, false, at::kDouble);
  for (std::int64_t sample = 0; sample < features.size(0); ++sample) differences[sample].copy_(features[sample] - mean);
  return differences;
}

/// sim does not depend on the features' scale, but norms are fourth powers, which float32 holds only for values of
/// about 1e-9 to 1e9: far from 1, the features are multiplied by a power of two, which rounds nothing.
at::Tensor brought_near_one(const at::Tensor& features) {
  if (features.numel() == 0) return features;
  const auto [low, high] = features.aminmax();
  const double largest = std::max(-low.item<double>(), high.item<double>());
  const bool needed = largest > 0 && std::isfinite(largest) && (largest < 0x1p-10 || largest > 0x1p10);
  if (!needed) return features;
  return features * std::exp2(std::clamp(-std::ilogb(largest), -126, 126));
}

void require_features(const at::Tensor& features) {
  require(features.dim() == 3 && features.scalar_type() == at::kFloat,
          "features must be (samples, units, positions) float32");
}

/// Beside the features: the centred ones, and what the method holds at its widest.
std::int64_t working_bytes(const at::Tensor& features, const ScanOptions& options, ScanMethod method) {
  const std::int64_t samples = features.size(0);
  const std::int64_t units = features.size(1);
  const std::int64_t copy = options.centered ? float_bytes(features.numel()) : 0;
  if (method == ScanMethod::pairwise) return copy + float_bytes(units * units) * 3;  // and twice reordered
  return copy + float_bytes(samples * samples) * (method == ScanMethod::by_unit ? 3 : 2);
}

ScanMethod method_within(const at::Tensor& features, const ScanOptions& options) {
  require_features(features);
  const ScanMethod method = choose_scan_method(features.size(0), features.size(1), features.size(2));
  const bool fits = float_bytes(features.numel()) + working_bytes(features, options, method) <= options.memory_bytes;
  return method == ScanMethod::pairwise && !fits ? ScanMethod::blocked : method;
}

}  // namespace

ScanMethod choose_scan_method(std::int64_t samples, std::int64_t units, std::int64_t positions) {
  if (positions == 1 && units <= 4 * samples) return ScanMethod::pairwise;
  // In Gram products an order: blocked 2 + (columns of a block) / n; by unit 1, and n x n passes over memory that weigh
  // 1/P.
  const double n = static_cast<double>(std::max<std::int64_t>(samples, 1));
  const double blocked = 2 + static_cast<double>(std::max(positions, block_columns(samples))) / n;
  const double by_unit = 1 + 80.0 / static_cast<double>(positions);
  return blocked <= by_unit ? ScanMethod::blocked : ScanMethod::by_unit;
}

SimilarityScan::SimilarityScan(at::Tensor features, const ScanOptions& options)
    : SimilarityScan(features, options, method_within(features, options)) {}

SimilarityScan::SimilarityScan(at::Tensor features, const ScanOptions& options, ScanMethod method)
    : features_(std::move(features)), memory_bytes_(options.memory_bytes), method_(method) {
  require_features(features_);
  const std::int64_t needed = float_bytes(features_.numel()) + working_bytes(features_, options, method);
  require_input(
      needed <= memory_bytes_,
      "similarity over {} samples, {} units and {} positions needs {}: raise similarity.memory_mb ({}), or lower "
      "similarity.samples_per_category",
      features_.size(0), features_.size(1), features_.size(2), human_bytes(needed), memory_bytes_ / 1'000'000);
  at::NoGradGuard no_grad;
  features_ = brought_near_one(options.centered ? centred(features_) : features_.contiguous());
  if (method_ == ScanMethod::pairwise)
    prepare_pairwise();
  else
    prepare_gram();
}

void SimilarityScan::prepare_pairwise() {
  require(features_.size(2) == 1, "the pairwise scan is for one position");
  const at::Tensor matrix = features_.squeeze(2);
  inner_products_ = at::mm(matrix.t(), matrix);
  numerators_ = column_dots(inner_products_, inner_products_);
}

void SimilarityScan::prepare_gram() {
  const std::int64_t units = features_.size(1);
  const std::int64_t positions = features_.size(2);
  const at::Tensor matrix = features_.flatten(1);
  const at::Tensor gram = at::mm(matrix, matrix.t());
  const std::int64_t block = std::max<std::int64_t>(kNumeratorColumns / positions, 1);
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < units; begin += block) {
    const std::int64_t count = std::min(block, units - begin);
    const at::Tensor columns = matrix.slice(1, begin * positions, (begin + count) * positions);
    parts.push_back(column_dots(at::mm(gram, columns), columns).view({count, positions}).sum(1));
  }
  numerators_ = at::cat(parts);
}

at::Tensor SimilarityScan::blocked_increments(const at::Tensor& order) const {
  const std::int64_t samples = features_.size(0);
  const std::int64_t positions = features_.size(2);
  at::Tensor gram = at::zeros({samples, samples}, features_.options());
  std::vector<at::Tensor> increments;
  for (const at::Tensor& block : order.split(std::max<std::int64_t>(block_columns(samples) / positions, 1))) {
    const std::int64_t count = block.numel();
    const at::Tensor columns = features_.index_select(1, block).view({samples, count * positions});
    const at::Tensor cross = column_dots(at::mm(gram, columns), columns).view({count, positions}).sum(1);
    increments.push_back(cross * 2 + growth_inside(at::mm(columns.t(), columns), positions));
    gram.addmm_(columns, columns.t());
  }
  return at::cat(increments);
}

at::Tensor SimilarityScan::by_unit_increments(const at::Tensor& order) const {
  const std::int64_t samples = features_.size(0);
  const at::Tensor host_order = order.cpu();
  at::Tensor gram = at::zeros({samples * samples}, features_.options());
  std::vector<at::Tensor> increments;
  for (std::int64_t k = 0; k < host_order.numel(); ++k) {
    const at::Tensor unit = features_.select(1, host_order.const_data_ptr<std::int64_t>()[k]);
    const at::Tensor own = at::mm(unit, unit.t()).view({-1});
    increments.push_back(at::dot(own, gram).to(at::kDouble) * 2 + at::dot(own, own).to(at::kDouble));
    gram.add_(own);
  }
  return at::stack(increments);
}

at::Tensor SimilarityScan::squared_norm_increments(const at::Tensor& order) const {
  switch (method_) {
    case ScanMethod::pairwise: {
      const at::Tensor rows = inner_products_.index_select(0, order);
      return growth_inside(rows.index_select(1, order), 1);
    }
    case ScanMethod::blocked:
      return blocked_increments(order);
    case ScanMethod::by_unit:
      return by_unit_increments(order);
  }
  throw Error("no such scan");
}

at::Tensor SimilarityScan::curve(const at::Tensor& order) const {
  at::NoGradGuard no_grad;
  const std::int64_t units = features_.size(1);
  require(order.numel() == units, "an order of {} units for a layer of {}", order.numel(), units);
  const at::Tensor on_device = order.to(features_.device());
  const at::Tensor squared_norms = squared_norm_increments(on_device).cumsum(0).cpu();
  const at::Tensor numerators = numerators_.index_select(0, on_device).cumsum(0).cpu();
  at::Tensor curve = at::zeros({units + 1}, at::kDouble);
  const double whole = numerators[units - 1].item<double>();  // |M|^2
  if (whole <= 0) return curve.fill_(1);                      // a silent layer: the empty slice is as good as any
  const at::Tensor similarity = numerators / (squared_norms * whole).sqrt();
  curve.slice(0, 1).copy_(at::where(squared_norms > 0, similarity.clamp_max(1), 0.0));
  return curve;
}

at::Tensor descending_order(const at::Tensor& scores) {
  return std::get<1>(scores.sort(/*stable=*/true, /*dim=*/-1, /*descending=*/true));
}

}  // namespace neusemslice
