#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>

#include "config/suite.hpp"
#include "contribution/moments.hpp"

namespace neusemslice {

/// Which of the pass's parts a set of metrics needs.
struct ScoreParts {
  bool moments = false;   ///< avg, var, ens
  bool deeplift = false;
  bool taylor = false;
};

ScoreParts parts_of(const std::vector<std::string>& metrics);

/// What is summed over samples for the units of one layer: of one category, one rank or all data alike.
class ScoreSums {
 public:
  /// Unit means m(x), (samples, units).
  void add_values(const at::Tensor& unit_means) { moments_.add(unit_means); }

  /// DeepLIFT attributions summed over positions, (samples, units).
  void add_attributions(const at::Tensor& attributions);

  /// Sums over positions of z * dL/dz, (samples, units).
  void add_sensitivities(const at::Tensor& sensitivities);

  void merge(const ScoreSums& other);

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
