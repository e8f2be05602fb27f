#include <map>

#include <fmt/format.h>

#include "report/natural_order.hpp"
#include "rq1/choice.hpp"
#include "rq1/tables.hpp"
#include "rq1/words.hpp"

namespace neusemslice {
namespace {

constexpr double kTolerance = 0.01;

/// The network's order, as far as torchvision's names tell it: a classifier follows all features.
struct NetworkOrder {
  bool operator()(const std::string& a, const std::string& b) const {
    const bool is_late_a = a.starts_with("classifier");
    const bool is_late_b = b.starts_with("classifier");
    return is_late_a == is_late_b ? natural_less(a, b) : is_late_b;
  }
};

/// The units of each layer.
using Layers = std::map<std::string, std::int64_t, NetworkOrder>;

/// The setting's layers, as its slices name them.
Layers layers_of(const Rq1Setting& setting) {
  Layers layers;
  for (const Rq1Curve& curve : setting.curves) {
    for (const Rq1Slice& slice : curve.slices) {
      for (const LayerCount& layer : slice.layers) layers[layer.layer] = layer.units;
    }
  }
  return layers;
}

/// What one metric's semantic slices keep.
struct KeptByMetric {
  std::string metric;
  std::size_t seeds = 0;
  std::map<std::string, std::vector<double>> kept;  ///< by layer, a number for each seed
};

std::vector<KeptByMetric> kept_by_metric(const Rq1Setting& setting) {
  std::vector<KeptByMetric> metrics;
  for (const Rq1Curve& curve : setting.curves) {
    if (curve.strategy != "semantic") continue;
    const auto chosen = most_compressed(curve, kTolerance);
    KeptByMetric& metric = metrics.emplace_back(KeptByMetric{curve.metric, chosen.size(), {}});
    for (const auto& [seed, slice] : chosen) {
      for (const LayerCount& layer : slice->layers) metric.kept[layer.layer].push_back(static_cast<double>(layer.kept));
    }
  }
  return metrics;
}

}  // namespace

Table rq1_layers_table(const Rq1Setting& setting) {
  Table table = {setting.title + ": units kept in each layer",
                 fmt::format("Semantic slices: of each metric and seed, the most compressed one that loses at most {} "
                             "point of validation accuracy.",
                             short_percent(kTolerance)),
                 {{"Layer"}, {"Units", Align::right}},
                 {}};
  std::vector<KeptByMetric> metrics = kept_by_metric(setting);
  for (const KeptByMetric& metric : metrics) {
    table.columns.push_back({fmt::format("{} ({})", metric.metric, seeds_name(metric.seeds)), Align::right});
  }
  for (const auto& [layer, units] : layers_of(setting)) {
    std::vector<Cell>& row = table.rows.emplace_back();
    row = {{layer}, {fmt::format("{}", units)}};
    for (KeptByMetric& metric : metrics) row.push_back({mean_and_interval(summarise(metric.kept[layer]), 1)});
  }
  return table;
}

}  // namespace neusemslice
