#include "contribution/score_sums.hpp"

#include "contribution/score_kernels.hpp"
#include "core/error.hpp"

namespace neusemslice {
namespace {

void accumulate(at::Tensor& sum, const at::Tensor& addition) {
  if (!addition.defined()) return;
  sum = sum.defined() ? sum + addition : addition;
}

at::Tensor scaled_to_unit_range(const at::Tensor& values) {
  const at::Tensor low = values.min();
  const at::Tensor range = values.max() - low;
  if (range.item<double>() == 0.0) return at::zeros_like(values);
  return (values - low) / range;
}

}  // namespace

ScoreParts parts_of(const std::vector<std::string>& metrics) {
  ScoreParts parts;
  for (const std::string& metric : metrics) {
    if (metric == "deeplift")
      parts.deeplift = true;
    else if (metric == "taylor")
      parts.taylor = true;
    else
      parts.moments = true;
  }
  return parts;
}

void ScoreSums::add_attributions(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers) {
  attribution_count_ += values.size(0);
  accumulate(attribution_sum_, attribution_sum(values, reference, multipliers));
}

void ScoreSums::add_sensitivities(const at::Tensor& z, const at::Tensor& gradients) {
  sensitivity_count_ += z.size(0);
  const SensitivitySums sums = sensitivity_sums(z, gradients);
  accumulate(sensitivity_sum_, sums.sum);
  accumulate(squared_sensitivity_sum_, sums.squared_sum);
}

void ScoreSums::merge(const ScoreSums& other) {
  moments_.merge(other.moments_);
  attribution_count_ += other.attribution_count_;
  accumulate(attribution_sum_, other.attribution_sum_);
  sensitivity_count_ += other.sensitivity_count_;
  accumulate(sensitivity_sum_, other.sensitivity_sum_);
  accumulate(squared_sensitivity_sum_, other.squared_sensitivity_sum_);
}

at::Tensor ScoreSums::packed(std::int64_t units) const {
  at::Tensor rows = at::zeros({kPackedRows, units}, at::kDouble);
  rows.slice(0, 0, 3).copy_(moments_.packed(units));
  if (attribution_count_ > 0) {
    rows[3].fill_(static_cast<double>(attribution_count_));
    rows[4].copy_(attribution_sum_);
  }
  if (sensitivity_count_ > 0) {
    rows[5].fill_(static_cast<double>(sensitivity_count_));
    rows[6].copy_(sensitivity_sum_);
    rows[7].copy_(squared_sensitivity_sum_);
  }
  return rows;
}

ScoreSums ScoreSums::unpacked(const at::Tensor& rows) {
  ScoreSums sums;
  sums.moments_ = UnitMoments::unpacked(rows.slice(0, 0, 3));
  sums.attribution_count_ = static_cast<std::int64_t>(rows[3][0].item<double>());
  if (sums.attribution_count_ > 0) sums.attribution_sum_ = rows[4];
  sums.sensitivity_count_ = static_cast<std::int64_t>(rows[5][0].item<double>());
  if (sums.sensitivity_count_ > 0) {
    sums.sensitivity_sum_ = rows[6];
    sums.squared_sensitivity_sum_ = rows[7];
  }
  return sums;
}

at::Tensor ScoreSums::score(const std::string& metric, const ContributionConfig& config) const {
  if (metric == "avg") return moments_.mean();
  if (metric == "var") return moments_.variance();
  if (metric == "ens") return ensemble_score(moments_.mean(), moments_.variance());
  if (metric == "deeplift") return attribution_sum_ / static_cast<double>(attribution_count_);
  require(metric == "taylor", "no metric is named '{}'", metric);
  const auto count = static_cast<double>(sensitivity_count_);
  if (config.taylor_reduction == "batch") return (sensitivity_sum_ / count).square();
  return squared_sensitivity_sum_ / count;
}

std::map<std::string, at::Tensor> ScoreSums::scores(const ContributionConfig& config, std::int64_t units) const {
  std::map<std::string, at::Tensor> result;
  const bool empty = moments_.count() + attribution_count_ + sensitivity_count_ == 0;
  for (const std::string& metric : config.metrics) {
    result[metric] = empty ? at::zeros({units}, at::kDouble) : score(metric, config).cpu();
  }
  return result;
}

at::Tensor ensemble_score(const at::Tensor& average, const at::Tensor& variance) {
  return (scaled_to_unit_range(average) + scaled_to_unit_range(variance)) / 2;
}

}  // namespace neusemslice
