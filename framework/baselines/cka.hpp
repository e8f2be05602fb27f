#pragma once

#include <cstdint>

#include <ATen/ATen.h>

namespace neusemslice {

/// What is taken off a Gram matrix K (n x n) before two are compared; values of different variants are not comparable.
enum class CkaVariant {
  debiased,   ///< U-centring, which DeepArc's module search uses: zero diagonal, and with m_j = sum_i K_ij / (n - 2)
              ///< less sum(m) / (2 (n - 1)), K_ij - m_i - m_j off the diagonal. Needs n >= 4; in [-1, 1]
  biased,     ///< double centring (Kornblith et al. 2019), which DeepArc's repair uses: m_j = mean_i K_ij less
              ///< mean(m) / 2, K_ij - m_i - m_j; in [0, 1]
  uncentred,  ///< K as it is: NeuSemSlice's equations (1) and (2); in [0, 1]
};

/// "debiased", "biased", "uncentred".
const char* variant_name(CkaVariant variant);

/// The fewest examples with which the variant says anything: 4 for debiased (three always give zero), 2 for biased.
std::int64_t fewest_examples(CkaVariant variant);

/// The Gram matrix of activations (n, ...), flattened, after the variant's centring: (n, n) float64 on their device.
/// Products are float32 over 8,192 features at a time, sums over these float64. The centred variants do not
/// see a constant that is added to all rows, so the mean row is taken off before the product: activations of 1000 +- 1
/// lose no digits, and those that do not depend on the example give exactly zero.
at::Tensor gram_matrix(const at::Tensor& activations, CkaVariant variant);

/// Centred kernel alignment of activations that come batch by batch: CKA_ij = H_ij / sqrt(H_ii H_jj), where H sums
/// <G_i, G_j> of the layers' Gram matrices over the batches. With the debiased variant every batch adds an unbiased
/// estimate of the same covariances, so the value converges to that of all examples at once; with the others it is the
/// definition for batches of this size.
class CkaSums {
 public:
  explicit CkaSums(std::int64_t layers) : layers_(layers) {}

  /// The Gram matrices of one batch: (layers, n, n) float64, centred. Does not wait for a GPU.
  void add(const at::Tensor& grams);

  /// (layers, layers) float64 on the host, ones on the diagonal. A layer whose Gram matrices are all zero (its
  /// activations do not depend on the example) resembles no other: 0. Throws Error before the first batch.
  [[nodiscard]] at::Tensor value() const;

 private:
  std::int64_t layers_;
  at::Tensor products_;  ///< H, where the batches are
};

/// Of two activations of the same n examples, as one batch; 0 where either does not depend on the example.
double cka(const at::Tensor& first, const at::Tensor& second, CkaVariant variant);

}  // namespace neusemslice
