#pragma once

#include <cstdint>

#include <ATen/ATen.h>

#include "similarity/feature_shape.hpp"

namespace neusemslice {

/// What the products <K_i, K_j> of two units' Gram matrices are computed from.
enum class PairForm {
  features,  ///< the sum of the squared products of all positions of i and of j: n P^2 a pair
  grams,     ///< the units' own n x n matrices: n^2 P a unit and n^2 a pair
};

/// Cost of all pairs of a layer and of a few curves from them in Gram products (2 n^2 N P), and the form that has the
/// lesser.
double pair_cost(const FeatureShape& layer, PairForm form);
PairForm choose_pair_form(const FeatureShape& layer);

/// Some units of a layer in the form their products are computed from.
class UnitBlock {
 public:
  /// `features`: (samples, units, positions) float32.
  UnitBlock(const at::Tensor& features, PairForm form, bool centered);

  [[nodiscard]] std::int64_t units() const {
    return form_ == PairForm::grams ? values_.size(0) : values_.size(1) / positions_;
  }
  /// Units [begin, end): a view.
  [[nodiscard]] UnitBlock slice(std::int64_t begin, std::int64_t end) const;
  /// <K_i, K_j> of all units of this block with all of the other: (units, units of the other) float64.
  [[nodiscard]] at::Tensor products_with(const UnitBlock& other) const;

  /// Beside features that arrive, of one unit: what a block holds, and working memory while it is made.
  static std::int64_t held_bytes(const FeatureShape& layer, PairForm form);
  static std::int64_t making_bytes(const FeatureShape& layer, PairForm form, bool centered);
  /// Working memory of products_with for two blocks of so many units.
  static std::int64_t product_bytes(const FeatureShape& layer, PairForm form, std::int64_t units, std::int64_t others);

 private:
  PairForm form_;
  std::int64_t positions_;
  int exponent_;       ///< the features were multiplied by 2^exponent
  at::Tensor values_;  ///< grams: (units, samples^2); features: (samples, units * positions)
};

/// <K_i, K_j> of all pairs of a layer's units: all that a curve depends on, for every order at once.
class PairProducts {
 public:
  PairProducts(std::int64_t units, at::Device device);

  /// The pairs inside a block that begins at unit `begin`.
  void add(std::int64_t begin, const UnitBlock& block);
  /// The pairs of two blocks that share no unit.
  void add(std::int64_t begin, const UnitBlock& block, std::int64_t other_begin, const UnitBlock& other);

  /// sim(k), k = 0..N, for an order (int64, units) that lists each unit once: (units + 1) float64 on the host.
  [[nodiscard]] at::Tensor curve(const at::Tensor& order) const;

  [[nodiscard]] static std::int64_t bytes(std::int64_t units);

 private:
  at::Tensor products_;                    ///< (units, units) float64
  mutable at::Tensor on_host_, row_sums_;  ///< made by the first curve for those that follow
};

}  // namespace neusemslice
