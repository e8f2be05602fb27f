#include "rq1/comparison.hpp"

#include <map>

#include "rq1/choice.hpp"

namespace neusemslice {
namespace {

Summary paired_difference(const Rq1Curve& semantic, const Rq1Curve& rival, double compression_rate) {
  const std::map<std::int64_t, CurveValue> theirs = values_at(rival, compression_rate);
  std::vector<double> differences;
  for (const auto& [seed, ours] : values_at(semantic, compression_rate)) {
    const auto found = theirs.find(seed);
    if (found != theirs.end()) differences.push_back(ours.test_accuracy - found->second.test_accuracy);
  }
  return summarise(differences);
}

}  // namespace

bool Rq1Difference::is_told_apart() const {
  return difference.half_width && (difference.low() > 0 || difference.high() < 0);
}

const std::vector<double>& rq1_compared_rates() {
  static const std::vector<double> rates = {0.3, 0.5, 0.7, 0.9};
  return rates;
}

std::vector<Rq1Difference> compare_at_equal_compression(const Rq1Setting& setting) {
  std::vector<Rq1Difference> differences;
  for (const Rq1Curve& semantic : setting.curves) {
    if (semantic.strategy != "semantic") continue;
    for (const double rate : rq1_compared_rates()) {
      for (const char* rival : {"category", "global"}) {
        const Rq1Curve* curve = find_curve(setting, rival, semantic.metric);
        const Summary difference = curve == nullptr ? Summary{} : paired_difference(semantic, *curve, rate);
        differences.push_back({semantic.metric, rival, rate, difference});
      }
    }
  }
  return differences;
}

Rq1Standing standing(const std::vector<Rq1Difference>& differences) {
  Rq1Standing result;
  for (const Rq1Difference& entry : differences) {
    if (entry.difference.count == 0) continue;
    if (!entry.difference.half_width) {
      ++result.without_interval;
      if (entry.difference.mean > 0) ++result.higher_mean;
    } else if (!entry.is_told_apart()) {
      ++result.undecided;
    } else if (entry.difference.mean > 0) {
      ++result.ahead;
    } else {
      ++result.behind;
    }
  }
  return result;
}

}  // namespace neusemslice
