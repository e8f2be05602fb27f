#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "rq1/results.hpp"

namespace neusemslice {

/// A curve of one seed at a compression rate that may lie between two of its slices.
struct CurveValue {
  double validation_accuracy = 0;
  double test_accuracy = 0;
  double test_loss = 0;
};

/// Each seed's curve at `compression_rate`, linear between the neighbouring slices. A seed whose slices do not reach so
/// far, on either side, is left out: nothing is extrapolated.
std::map<std::int64_t, CurveValue> values_at(const Rq1Curve& curve, double compression_rate);

/// Each seed's most compressed slice that loses at most `tolerance` (a fraction) of its model's *validation* accuracy.
/// A seed none of whose slices holds is left out. The slices belong to the curve.
std::map<std::int64_t, const Rq1Slice*> most_compressed(const Rq1Curve& curve, double tolerance);

/// The smallest and the largest compression rate that the curve's slices have; nothing when it has no slice.
std::optional<std::pair<double, double>> compression_span(const Rq1Curve& curve);

/// The strategy's metric with the highest mean *validation* accuracy at `compression_rate`; null when none reaches it.
const Rq1Curve* best_metric_at(const Rq1Setting& setting, const std::string& strategy, double compression_rate);

/// The curve of a strategy and metric, or null.
const Rq1Curve* find_curve(const Rq1Setting& setting, const std::string& strategy, const std::string& metric);

/// One number of each seed, summarised.
template <typename Value, typename Number>
Summary summarise_seeds(const std::map<std::int64_t, Value>& seeds, Number number) {
  std::vector<double> numbers;
  for (const auto& [seed, value] : seeds) numbers.push_back(number(value));
  return summarise(numbers);
}

}  // namespace neusemslice
