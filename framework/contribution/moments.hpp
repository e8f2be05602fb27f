#pragma once

#include <cstdint>

#include <ATen/ATen.h>

namespace neusemslice {

/// Mean and population variance of many units at once, in float64, by Welford's update for whole batches (Chan, Golub
/// and LeVeque 1979). Nothing cancels: values of 1e4 +- 1e-2 keep their variance. Batches and merges may come in any
/// order.
class UnitMoments {
 public:
  /// Adds a batch of values, (samples, units, positions...), each unit by its mean over positions; any floating type.
  void add(const at::Tensor& values);

  /// As if `other`'s values had been added here.
  void merge(const UnitMoments& other);

  /// What was summed, to be sent: (3, units) float64 on the host, the count in every column of row 0.
  [[nodiscard]] at::Tensor packed(std::int64_t units) const;
  static UnitMoments unpacked(const at::Tensor& rows);

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] const at::Tensor& mean() const { return mean_; }  ///< (units) float64; undefined before the first value
  [[nodiscard]] at::Tensor variance() const;                      ///< (units) float64

 private:
  std::int64_t count_ = 0;
  at::Tensor mean_;
  at::Tensor squared_deviations_;  ///< sum over the values of (value - mean)^2
};

}  // namespace neusemslice
