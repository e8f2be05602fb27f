#include <map>
#include <utility>

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

std::vector<Cell> row_of(const Rq1Curve& curve, const Layers& layers) {
  const auto chosen = most_compressed(curve, kTolerance);
  std::map<std::string, std::vector<double>> kept;
  for (const auto& [seed, slice] : chosen) {
    for (const LayerCount& layer : slice->layers) kept[layer.layer].push_back(static_cast<double>(layer.kept));
  }
  std::vector<Cell> row = {{curve.strategy}, {curve.metric}};
  for (const auto& [layer, units] : layers) row.push_back({mean_and_interval(summarise(kept[layer]), 1)});
  row.push_back({fmt::format("{}", chosen.size())});
  return row;
}

}  // namespace

Table rq1_layers_table(const Rq1Setting& setting) {
  Table table = {
      setting.title + ": units kept in each layer",
      fmt::format("Of each seed, the most compressed slice that loses at most {} point of validation accuracy.",
                  short_percent(kTolerance)),
      {{"Strategy"}, {"Metric"}},
      {}};
  const Layers layers = layers_of(setting);
  for (const auto& [layer, units] : layers) {
    table.columns.push_back({fmt::format("{} (of {})", layer, units), Align::right});
  }
  table.columns.push_back({"Seeds", Align::right});
  for (const Rq1Curve& curve : setting.curves) table.rows.push_back(row_of(curve, layers));
  return table;
}

}  // namespace neusemslice
