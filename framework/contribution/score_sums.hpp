#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ATen/ATen.h>

#include "config/suite.hpp"
#include "contribution/moments.hpp"

namespace neusemslice {

/// Which of the pass's parts a set of metrics needs.
struct ScoreParts {
  bool moments = false;  ///< avg, var, ens
  bool deeplift = false;
  bool taylor = false;
};

ScoreParts parts_of(const std::vector<std::string>& metrics);

/// What is summed over samples for the units of one layer: of one category, one rank or all data alike.
class ScoreSums {
 public:
  /// The units' values at their tap, (samples, units, positions...).
  void add_values(const at::Tensor& values) { moments_.add(values); }

  /// The values with their reference (one sample) and DeepLIFT's multipliers there.
  void add_attributions(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers);

  /// z and dL/dz of each sample's own loss, (samples, units, positions...).
  void add_sensitivities(const at::Tensor& z, const at::Tensor& gradients);

  void merge(const ScoreSums& other);

  /// What was summed, to be sent: (kPackedRows, units) float64 on the host. Nothing is rounded on the way.
  [[nodiscard]] at::Tensor packed(std::int64_t units) const;
  static ScoreSums unpacked(const at::Tensor& rows);
  static constexpr std::int64_t kPackedRows = 8;

  /// The score of every unit by each of `metrics`, (units) float64 on the host; zeros when no sample was added.
  [[nodiscard]] std::map<std::string, at::Tensor> scores(const ContributionConfig& config, std::int64_t units) const;

 private:
  [[nodiscard]] at::Tensor score(const std::string& metric, const ContributionConfig& config) const;

  UnitMoments moments_;
  std::int64_t attribution_count_ = 0;
  at::Tensor attribution_sum_;
  std::int64_t sensitivity_count_ = 0;
  at::Tensor sensitivity_sum_;
  at::Tensor squared_sensitivity_sum_;
};

/// `ens`: (scaled avg + scaled var) / 2, each scaled to [0, 1] over the units; a constant vector scales to 0.
at::Tensor ensemble_score(const at::Tensor& average, const at::Tensor& variance);

}  // namespace neusemslice
