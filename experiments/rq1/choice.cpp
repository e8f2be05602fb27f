#include "rq1/choice.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace neusemslice {
namespace {

/// Accuracies are quotients of counts: a loss of exactly the tolerance must not fail by the last bit.
constexpr double kRounding = 1e-9;

std::map<std::int64_t, std::vector<const Rq1Slice*>> slices_by_seed(const Rq1Curve& curve) {
  std::map<std::int64_t, std::vector<const Rq1Slice*>> seeds;
  for (const Rq1Slice& slice : curve.slices) seeds[slice.seed].push_back(&slice);
  return seeds;
}

CurveValue between(const Rq1Slice& low, const Rq1Slice& high, double compression_rate) {
  const double width = high.compression_rate - low.compression_rate;
  const double share = width > 0 ? (compression_rate - low.compression_rate) / width : 0;
  return {std::lerp(low.validation_accuracy, high.validation_accuracy, share),
          std::lerp(low.test_accuracy, high.test_accuracy, share), std::lerp(low.test_loss(), high.test_loss(), share)};
}

std::optional<CurveValue> value_at(std::vector<const Rq1Slice*> slices, double compression_rate) {
  std::stable_sort(slices.begin(), slices.end(),
                   [](const Rq1Slice* a, const Rq1Slice* b) { return a->compression_rate < b->compression_rate; });
  const auto high = std::find_if(slices.begin(), slices.end(),
                                 [=](const Rq1Slice* slice) { return slice->compression_rate >= compression_rate; });
  if (high == slices.end()) return std::nullopt;
  if ((*high)->compression_rate == compression_rate) return between(**high, **high, compression_rate);
  if (high == slices.begin()) return std::nullopt;
  return between(**std::prev(high), **high, compression_rate);
}

bool is_better_choice(const Rq1Slice& slice, const Rq1Slice* chosen) {
  if (chosen == nullptr || slice.compression_rate > chosen->compression_rate) return true;
  return slice.compression_rate == chosen->compression_rate && slice.validation_accuracy > chosen->validation_accuracy;
}

}  // namespace

std::map<std::int64_t, CurveValue> values_at(const Rq1Curve& curve, double compression_rate) {
  std::map<std::int64_t, CurveValue> values;
  for (const auto& [seed, slices] : slices_by_seed(curve)) {
    if (const auto value = value_at(slices, compression_rate)) values[seed] = *value;
  }
  return values;
}

std::map<std::int64_t, const Rq1Slice*> most_compressed(const Rq1Curve& curve, double tolerance) {
  std::map<std::int64_t, const Rq1Slice*> chosen;
  for (const Rq1Slice& slice : curve.slices) {
    if (slice.validation_loss() > tolerance + kRounding) continue;
    const auto found = chosen.find(slice.seed);
    if (is_better_choice(slice, found == chosen.end() ? nullptr : found->second)) chosen[slice.seed] = &slice;
  }
  return chosen;
}

std::optional<std::pair<double, double>> compression_span(const Rq1Curve& curve) {
  if (curve.slices.empty()) return std::nullopt;
  const auto [low, high] =
      std::minmax_element(curve.slices.begin(), curve.slices.end(),
                          [](const Rq1Slice& a, const Rq1Slice& b) { return a.compression_rate < b.compression_rate; });
  return std::pair(low->compression_rate, high->compression_rate);
}

const Rq1Curve* best_metric_at(const Rq1Setting& setting, const std::string& strategy, double compression_rate) {
  const Rq1Curve* best = nullptr;
  double best_accuracy = 0;
  for (const Rq1Curve& curve : setting.curves) {
    const auto values = values_at(curve, compression_rate);
    if (curve.strategy != strategy || values.empty()) continue;
    const double accuracy =
        summarise_seeds(values, [](const CurveValue& value) { return value.validation_accuracy; }).mean;
    if (best != nullptr && accuracy <= best_accuracy) continue;
    best = &curve;
    best_accuracy = accuracy;
  }
  return best;
}

const Rq1Curve* find_curve(const Rq1Setting& setting, const std::string& strategy, const std::string& metric) {
  const auto found = std::find_if(setting.curves.begin(), setting.curves.end(), [&](const Rq1Curve& curve) {
    return curve.strategy == strategy && curve.metric == metric;
  });
  return found == setting.curves.end() ? nullptr : &*found;
}

}  // namespace neusemslice
