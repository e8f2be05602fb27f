#pragma once

#include <cstdint>

#include <ATen/ATen.h>

namespace neusemslice {

/// How a scan computes |M_k|^2 for all k; chosen by shape, equal in result.
enum class ScanMethod {
  pairwise,  ///< <K_i, K_j> of all pairs from one units x units product; cheapest for P = 1 and N up to about 4 n
  blocked,   ///< blocks of units against the running n x n Gram matrix
  by_unit,   ///< each unit's n x n matrix; cheapest for many positions
};

struct ScanOptions {
  bool centered = false;                    ///< CKA of Kornblith et al. 2019 instead of the uncentred similarity
  std::int64_t memory_bytes = 512'000'000;  ///< bound on features and working memory together
};

/// sim(S_k) of method.md section 3 for every prefix S_k of an order of the units, exactly, for all k at once. What does
/// not depend on the order (the whole Gram matrix M and <K_j, M> of every unit) is computed once and serves every
/// order.
///
/// Cost for n samples, N units, P positions, in Gram products (2 n^2 N P): blocked: 2 once and about 2 an order;
/// pairwise: N / n once and none an order. Products in float32, sums over units in float64: |sim - float64 reference|
/// <= 1e-5.
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
  [[nodiscard]] at::Tensor squared_norm_increments(const at::Tensor& order) const;
  [[nodiscard]] at::Tensor blocked_increments(const at::Tensor& order) const;
  [[nodiscard]] at::Tensor by_unit_increments(const at::Tensor& order) const;
  void prepare_pairwise();
  void prepare_gram();

  at::Tensor features_;
  std::int64_t memory_bytes_;
  ScanMethod method_;
  at::Tensor inner_products_;  ///< pairwise: f_i . f_j, whose squares are <K_i, K_j>, (units, units)
  at::Tensor numerators_;      ///< <K_j, M>, (units) float64
};

/// The method of least cost for this shape.
ScanMethod choose_scan_method(std::int64_t samples, std::int64_t units, std::int64_t positions);

/// Units by descending score, ties by lower index: int64.
at::Tensor descending_order(const at::Tensor& scores);

}  // namespace neusemslice
