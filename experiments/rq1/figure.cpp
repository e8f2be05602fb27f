#include "rq1/figure.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/published.hpp"
#include "rq1/claims.hpp"
#include "rq1/levels.hpp"
#include "rq1/words.hpp"

namespace neusemslice {
namespace {

constexpr double kEnlargedPoints = 6;

/// The index of `name` in the legend; a name that is not there yet is added.
std::size_t legend_index(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  const auto index = static_cast<std::size_t>(found - names.begin());
  if (found == names.end()) names.push_back(name);
  return index;
}

/// A percentage that an interval may have carried beyond what an accuracy can be.
double possible_percentage(double fraction) {
  return std::clamp(100 * fraction, 0.0, 100.0);
}

Point point_of(const Rq1Curve& curve, const Rq1Level& level) {
  return {100 * level.compression_rate.mean, 100 * level.test_accuracy.mean,
          possible_percentage(level.test_accuracy.low()), possible_percentage(level.test_accuracy.high()),
          fmt::format("{}, {}, {}: CR {} %, accuracy {} %", curve.strategy, curve.metric,
                      level_name(curve.strategy, level.level), percent(level.compression_rate),
                      percent(level.test_accuracy))};
}

Series series_of(const Rq1Curve& curve, Legend& legend) {
  const std::string colour = curve.metric.empty() ? "none: whole layers" : curve.metric;
  Series series = {legend_index(legend.colours, colour), legend_index(legend.styles, curve.strategy), {}};
  for (const Rq1Level& level : levels_of(curve)) series.points.push_back(point_of(curve, level));
  std::stable_sort(series.points.begin(), series.points.end(),
                   [](const Point& a, const Point& b) { return a.x < b.x; });
  return series;
}

std::vector<Mark> claimed_marks(const Rq1Setting& setting) {
  std::vector<Mark> marks;
  for (const Rq1Claim& claim : published_rq1_claims()) {
    if (!is_same_setting(claim.setting, setting.name)) continue;
    const double accuracy = claim.quantity == Rq1Claim::Quantity::accuracy
                                ? claim.value
                                : setting.original_test_accuracy.mean - claim.value;
    marks.push_back(
        {100 * claim.compression_rate, 100 * accuracy,
         fmt::format("The paper: {}, {}: CR {} %, {} {} %", claim.strategy, claim.metric,
                     short_percent(claim.compression_rate),
                     claim.quantity == Rq1Claim::Quantity::accuracy ? "accuracy" : "loses", percent(claim.value))});
  }
  return marks;
}

Panel whole_panel(const Rq1Setting& setting, Legend& legend) {
  Panel panel;
  panel.title = setting.title;
  panel.x = {"Compression rate, %", 0, 100};
  panel.y = {"Test accuracy, %", 0, 100};
  for (const Rq1Curve& curve : setting.curves) panel.series.push_back(series_of(curve, legend));
  if (setting.original_test_accuracy.count > 0) {
    panel.reference = 100 * setting.original_test_accuracy.mean;
    panel.marks = claimed_marks(setting);
  }
  return panel;
}

/// The same with only the uppermost points of accuracy, where the lines that matter lie.
Panel enlarged(Panel panel) {
  const double top = panel.reference.value_or(100);
  panel.title += fmt::format(", the uppermost {:g} points", kEnlargedPoints);
  panel.y.high = std::min(100.0, std::floor(top) + 1);
  panel.y.low = panel.y.high - kEnlargedPoints;
  return panel;
}

}  // namespace

Figure rq1_figure(const std::vector<Rq1Setting>& settings) {
  Figure figure;
  figure.title = "RQ1: accuracy of slices against compression";
  figure.description =
      "Test accuracy against compression rate for each setting, a line for each slicing strategy and contribution "
      "metric: the mean over seeds, and a band around it.";
  figure.legend = {"Metric", rq1_metrics(), "Strategy", rq1_strategies(), "original model", ""};
  for (const Rq1Setting& setting : settings) {
    const Panel panel = whole_panel(setting, figure.legend);
    if (!panel.marks.empty()) figure.legend.mark = "the paper's claim";
    figure.panels.push_back(panel);
    figure.panels.push_back(enlarged(panel));
  }
  return figure;
}

}  // namespace neusemslice
