#include "similarity/pair_products.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "similarity/prefix_similarity.hpp"
#include "similarity/prepared_features.hpp"
#include "similarity/scan_kernels.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kTileColumns = 512;  // of one block's features at a time
constexpr std::int64_t kTileUnits = 64;     // of a block's Gram matrices against those before them

std::int64_t float_bytes(std::int64_t count) {
  return count * static_cast<std::int64_t>(sizeof(float));
}

std::int64_t tile_units(PairForm form, std::int64_t positions) {
  return form == PairForm::grams ? kTileUnits : std::max<std::int64_t>(kTileColumns / positions, 1);
}

at::Tensor in_form(const at::Tensor& features, PairForm form) {
  if (form == PairForm::features) return features.flatten(1);
  const at::Tensor by_unit = features.permute({1, 0, 2});
  return at::bmm(by_unit, by_unit.transpose(1, 2)).flatten(1);
}

}  // namespace

double pair_cost(const FeatureShape& layer, PairForm form) {
  const auto samples = static_cast<double>(std::max<std::int64_t>(layer.samples, 1));
  const auto units = static_cast<double>(layer.units);
  const auto positions = static_cast<double>(layer.positions);
  // Half of the pairs, for the others are their mirror image. What passes through memory weighs by measurement: the
  // float64 products of all pairs, and the units' n x n matrices.
  const double products = 300 * units / (samples * samples * positions);
  if (form == PairForm::features) return products + units * positions / samples / 2;
  return products + 1 + 40 / positions + units / positions / 2;
}

PairForm choose_pair_form(const FeatureShape& layer) {
  return pair_cost(layer, PairForm::features) <= pair_cost(layer, PairForm::grams) ? PairForm::features
                                                                                   : PairForm::grams;
}

UnitBlock::UnitBlock(const at::Tensor& features, PairForm form, bool centered)
    : form_(form), positions_(features.size(2)), exponent_(0) {
  PreparedFeatures ready = prepared(features, centered);
  exponent_ = ready.exponent;
  values_ = in_form(ready.values, form);
}

UnitBlock UnitBlock::slice(std::int64_t begin, std::int64_t end) const {
  UnitBlock part = *this;
  part.values_ =
      form_ == PairForm::grams ? values_.slice(0, begin, end) : values_.slice(1, begin * positions_, end * positions_);
  return part;
}

at::Tensor UnitBlock::products_with(const UnitBlock& other) const {
  const double scale = std::ldexp(1.0, -2 * (exponent_ + other.exponent_));
  if (form_ == PairForm::grams) return at::mm(values_, other.values_.t()).to(at::kDouble).mul_(scale);
  std::vector<at::Tensor> rows;
  for (const at::Tensor& columns : values_.split(tile_units(form_, positions_) * positions_, 1)) {
    rows.push_back(pair_squares(at::mm(columns.t(), other.values_), positions_));
  }
  return at::cat(rows).mul_(scale);
}

std::int64_t UnitBlock::held_bytes(const FeatureShape& layer, PairForm form) {
  return float_bytes(layer.samples * (form == PairForm::grams ? layer.samples : layer.positions));
}

std::int64_t UnitBlock::making_bytes(const FeatureShape& layer, PairForm form, bool centered) {
  const std::int64_t centred_copy = centered ? float_bytes(layer.samples * layer.positions) : 0;
  return centred_copy + (form == PairForm::grams ? held_bytes(layer, form) : 0);
}

std::int64_t UnitBlock::product_bytes(const FeatureShape& layer, PairForm form, std::int64_t units,
                                      std::int64_t others) {
  const std::int64_t width = form == PairForm::features ? layer.positions : 1;
  const std::int64_t rows = std::min(tile_units(form, layer.positions), units) * width;
  return 3 * float_bytes(rows * others * width);  // in float32 and in float64
}

PairProducts::PairProducts(std::int64_t units, at::Device device)
    : products_(at::zeros({units, units}, at::TensorOptions(at::kDouble).device(device))) {}

void PairProducts::add(std::int64_t begin, const UnitBlock& block) {
  for (std::int64_t tile = 0; tile < block.units(); tile += kTileUnits) {
    const std::int64_t end = std::min(tile + kTileUnits, block.units());
    add(begin + tile, block.slice(tile, end), begin, block.slice(0, end));
  }
}

void PairProducts::add(std::int64_t begin, const UnitBlock& block, std::int64_t other_begin, const UnitBlock& other) {
  const at::Tensor products = block.products_with(other);
  const auto part = [&](std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns) {
    return products_.slice(0, row, row + rows).slice(1, column, column + columns);
  };
  part(begin, block.units(), other_begin, other.units()).copy_(products);
  part(other_begin, other.units(), begin, block.units()).copy_(products.t());
  on_host_.reset();
}

at::Tensor PairProducts::curve(const at::Tensor& order) const {
  const std::int64_t units = products_.size(0);
  require(order.numel() == units, "an order of {} units for a layer of {}", order.numel(), units);
  if (!on_host_.defined()) {
    on_host_ = products_.cpu();
    row_sums_ = on_host_.sum(1);
  }
  const at::Tensor host_order = order.cpu().contiguous();
  const auto* const position = host_order.const_data_ptr<std::int64_t>();
  at::Tensor growth = at::zeros({units}, at::kDouble);
  for (std::int64_t k = 0; k < units; ++k) {
    const double* const row = on_host_.const_data_ptr<double>() + position[k] * units;
    double before = 0;
    for (std::int64_t i = 0; i < k; ++i) before += row[position[i]];
    growth.mutable_data_ptr<double>()[k] = 2 * before + row[position[k]];
  }
  return prefix_similarity(row_sums_.index_select(0, host_order), growth);
}

std::int64_t PairProducts::bytes(std::int64_t units) {
  return units * units * static_cast<std::int64_t>(sizeof(double));
}

}  // namespace neusemslice
