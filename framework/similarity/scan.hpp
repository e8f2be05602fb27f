#pragma once

#include <cstdint>
#include <optional>

#include <ATen/ATen.h>

#include "similarity/feature_shape.hpp"
#include "similarity/pair_products.hpp"

namespace neusemslice {

/// How a scan computes |M_k|^2 for all k; chosen by shape and memory, equal in result.
enum class ScanMethod {
  pairwise,  ///< <K_i, K_j> of all pairs once, and nothing an order (pair_products.hpp)
  blocked,   ///< blocks of units against the running n x n Gram matrix
  by_unit,   ///< each unit's n x n matrix, made anew for each order
};

struct ScanOptions {
  bool centered = false;                    ///< CKA of Kornblith et al. 2019 instead of the uncentred similarity
  std::int64_t memory_bytes = 512'000'000;  ///< bound on features and working memory together
};

/// sim(S_k) of method.md section 3 for every prefix S_k of an order of the units, exactly, for all k at once. What does
/// not depend on the order (the whole Gram matrix M and <K_j, M> of every unit, or all pairs) is computed once and
/// serves every order.
///
/// Cost for n samples, N units, P positions, in Gram products (2 n^2 N P): blocked: 2 once and about 2.5 an order;
/// by unit: 2 once and 1 an order, where P is large; pairwise: N P / 2 n or 1 + N / 2 P once and none an order.
/// Products in float32, sums over units in float64: |sim - float64 reference| <= 1e-5.
class SimilarityScan {
 public:
  /// `features`: (samples, units, positions) float32. Throws InputError when they and the working memory pass the
  /// bound.
  SimilarityScan(at::Tensor features, const ScanOptions& options);

  /// The same with the method prescribed, for tests and benchmarks.
  SimilarityScan(at::Tensor features, const ScanOptions& options, ScanMethod method);

  /// The curve sim(k), k = 0..N: (units + 1) float64 on the host. `order` (int64, units) lists each unit once.
  [[nodiscard]] at::Tensor curve(const at::Tensor& order) const;

  [[nodiscard]] ScanMethod method() const { return method_; }

 private:
  [[nodiscard]] at::Tensor blocked_growth(const at::Tensor& order) const;
  [[nodiscard]] at::Tensor by_unit_growth(const at::Tensor& order) const;
  void prepare_pairs(const ScanOptions& options);
  void prepare_gram(const ScanOptions& options);

  at::Tensor features_;
  ScanMethod method_;
  std::optional<PairProducts> pairs_;  ///< pairwise, which needs nothing else
  at::Tensor numerators_;              ///< <K_j, M>, (units) float64
};

/// The method of least cost for this shape, five orders being asked for (one a metric).
ScanMethod choose_scan_method(const FeatureShape& shape);

/// The method of least cost among those that fit the memory together with the features; none where none does.
std::optional<ScanMethod> scan_method_within(const FeatureShape& shape, const ScanOptions& options);

/// What a scan holds beside the features at its widest.
std::int64_t scan_working_bytes(const FeatureShape& shape, const ScanOptions& options, ScanMethod method);

/// Throws InputError: not even the least of what a layer's scan needs fits the memory.
[[noreturn]] void throw_no_room(const FeatureShape& shape, std::int64_t needed_bytes, const ScanOptions& options);

/// Units by descending score, ties by lower index: int64.
at::Tensor descending_order(const at::Tensor& scores);

}  // namespace neusemslice
