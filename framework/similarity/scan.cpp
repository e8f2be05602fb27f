#include "similarity/scan.hpp"

#include <algorithm>
#include <array>

#include <ATen/core/grad_mode.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "similarity/prefix_similarity.hpp"
#include "similarity/prepared_features.hpp"
#include "similarity/scan_kernels.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kNumeratorColumns = 1024;  // of M * F at a time
constexpr std::array kMethods = {ScanMethod::pairwise, ScanMethod::blocked, ScanMethod::by_unit};

std::int64_t float_bytes(std::int64_t count) {
  return count * static_cast<std::int64_t>(sizeof(float));
}

/// Columns of features in a block: wide enough for fast products, narrow enough that the block's own, which cost
/// columns / n of a Gram product, stay at half of one.
std::int64_t block_columns(std::int64_t samples) {
  return std::clamp<std::int64_t>(samples / 2, 32, 256);
}

std::int64_t block_units(const FeatureShape& shape) {
  return std::max<std::int64_t>(block_columns(shape.samples) / shape.positions, 1);
}

FeatureShape shape_of(const at::Tensor& features) {
  require(features.dim() == 3 && features.scalar_type() == at::kFloat,
          "features must be (samples, units, positions) float32");
  return {features.size(0), features.size(1), features.size(2)};
}

/// In Gram products, for five orders.
double cost(const FeatureShape& shape, ScanMethod method) {
  constexpr double kOrders = 5;
  const auto samples = static_cast<double>(std::max<std::int64_t>(shape.samples, 1));
  const auto positions = static_cast<double>(shape.positions);
  switch (method) {
    case ScanMethod::pairwise:
      return pair_cost(shape, choose_pair_form(shape));
    case ScanMethod::blocked:
      return 2 + kOrders * (2 + static_cast<double>(block_units(shape)) * positions / samples);
    case ScanMethod::by_unit:  // n x n matrices pass through memory, which weighs 1/P
      return 2 + kOrders * (1 + 80 / positions);
  }
  throw Error("no such scan");
}

std::int64_t needed_bytes(const FeatureShape& shape, const ScanOptions& options, ScanMethod method) {
  return shape.bytes() + scan_working_bytes(shape, options, method);
}

ScanMethod method_within(const at::Tensor& features, const ScanOptions& options) {
  const FeatureShape shape = shape_of(features);
  return scan_method_within(shape, options).value_or(choose_scan_method(shape));
}

}  // namespace

ScanMethod choose_scan_method(const FeatureShape& shape) {
  return std::ranges::min(kMethods, {}, [&](ScanMethod method) { return cost(shape, method); });
}

std::optional<ScanMethod> scan_method_within(const FeatureShape& shape, const ScanOptions& options) {
  std::optional<ScanMethod> best;
  for (const ScanMethod method : kMethods) {
    if (needed_bytes(shape, options, method) > options.memory_bytes) continue;
    if (!best || cost(shape, method) < cost(shape, *best)) best = method;
  }
  return best;
}

std::int64_t scan_working_bytes(const FeatureShape& shape, const ScanOptions& options, ScanMethod method) {
  const std::int64_t copy = options.centered ? shape.bytes() : 0;
  const std::int64_t gram = float_bytes(shape.samples * shape.samples);
  const std::int64_t all_columns = shape.units * shape.positions;
  const std::int64_t numerators = float_bytes(shape.samples * std::min(kNumeratorColumns, all_columns));
  const std::int64_t columns = std::min(block_units(shape), shape.units) * shape.positions;
  switch (method) {
    case ScanMethod::pairwise: {
      const PairForm form = choose_pair_form(shape);
      const std::int64_t grams = form == PairForm::grams ? shape.units * UnitBlock::held_bytes(shape, form) : 0;
      return copy + grams + PairProducts::bytes(shape.units) +
             UnitBlock::product_bytes(shape, form, shape.units, shape.units);
    }
    case ScanMethod::blocked:
      return copy + gram + std::max(numerators, float_bytes(2 * shape.samples * columns + columns * columns));
    case ScanMethod::by_unit:
      return copy + gram + std::max({numerators, gram, float_bytes(shape.samples * shape.positions)});
  }
  throw Error("no such scan");
}

void throw_no_room(const FeatureShape& shape, std::int64_t needed_bytes, const ScanOptions& options) {
  throw InputError(fmt::format(
      "similarity over {} samples, {} units and {} positions needs {}: raise similarity.memory_mb ({}), or "
      "lower similarity.samples_per_category",
      shape.samples, shape.units, shape.positions, human_bytes(needed_bytes), options.memory_bytes / 1'000'000));
}

SimilarityScan::SimilarityScan(at::Tensor features, const ScanOptions& options)
    : SimilarityScan(features, options, method_within(features, options)) {}

SimilarityScan::SimilarityScan(at::Tensor features, const ScanOptions& options, ScanMethod method)
    : features_(std::move(features)), method_(method) {
  const FeatureShape shape = shape_of(features_);
  const std::int64_t needed = needed_bytes(shape, options, method);
  if (needed > options.memory_bytes) throw_no_room(shape, needed, options);
  at::NoGradGuard no_grad;
  method_ == ScanMethod::pairwise ? prepare_pairs(options) : prepare_gram(options);
}

void SimilarityScan::prepare_pairs(const ScanOptions& options) {
  const UnitBlock units(features_, choose_pair_form(shape_of(features_)), options.centered);
  pairs_.emplace(units.units(), features_.device());
  features_.reset();
  pairs_->add(0, units);
}

void SimilarityScan::prepare_gram(const ScanOptions& options) {
  features_ = prepared(features_, options.centered).values;
  const auto [samples, units, positions] = shape_of(features_);
  const at::Tensor matrix = features_.view({samples, units * positions});
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

at::Tensor SimilarityScan::blocked_growth(const at::Tensor& order) const {
  const FeatureShape shape = shape_of(features_);
  at::Tensor gram = at::zeros({shape.samples, shape.samples}, features_.options());
  std::vector<at::Tensor> growth;
  for (const at::Tensor& block : order.split(block_units(shape))) {
    const std::int64_t count = block.numel();
    const at::Tensor columns = features_.index_select(1, block).view({shape.samples, count * shape.positions});
    const at::Tensor cross = column_dots(at::mm(gram, columns), columns).view({count, shape.positions}).sum(1);
    growth.push_back(cross * 2 + growth_inside(at::mm(columns.t(), columns), shape.positions));
    gram.addmm_(columns, columns.t());
  }
  return at::cat(growth);
}

at::Tensor SimilarityScan::by_unit_growth(const at::Tensor& order) const {
  const std::int64_t samples = features_.size(0);
  const at::Tensor host_order = order.cpu();
  at::Tensor gram = at::zeros({samples * samples}, features_.options());
  std::vector<at::Tensor> growth;
  for (std::int64_t k = 0; k < host_order.numel(); ++k) {
    const at::Tensor unit = features_.select(1, host_order.const_data_ptr<std::int64_t>()[k]);
    const at::Tensor own = at::mm(unit, unit.t()).view({-1});
    growth.push_back(at::dot(own, gram).to(at::kDouble) * 2 + at::dot(own, own).to(at::kDouble));
    gram.add_(own);
  }
  return at::stack(growth);
}

at::Tensor SimilarityScan::curve(const at::Tensor& order) const {
  at::NoGradGuard no_grad;
  if (pairs_) return pairs_->curve(order);
  const std::int64_t units = features_.size(1);
  require(order.numel() == units, "an order of {} units for a layer of {}", order.numel(), units);
  const at::Tensor on_device = order.to(features_.device());
  return prefix_similarity(numerators_.index_select(0, on_device),
                           method_ == ScanMethod::blocked ? blocked_growth(on_device) : by_unit_growth(on_device));
}

at::Tensor descending_order(const at::Tensor& scores) {
  return std::get<1>(scores.sort(/*stable=*/true, /*dim=*/-1, /*descending=*/true));
}

}  // namespace neusemslice
