#include "pilot/figure.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace neusemslice {
namespace {

const std::vector<std::string>& scopes() {
  static const std::vector<std::string> names = {"category", "global"};
  return names;
}

std::size_t place(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

Point point_of(const PilotCell& cell, const Summary& accuracy) {
  const auto percentage = [](double fraction) { return std::clamp(100 * fraction, 0.0, 100.0); };
  return {0.5 * static_cast<double>(cell.band_from + cell.band_to), 100 * accuracy.mean, percentage(accuracy.low()),
          percentage(accuracy.high()),
          fmt::format("{}, {}, {} to {} % masked: accuracy {} %", cell.scope, cell.metric, cell.band_from, cell.band_to,
                      percent(accuracy))};
}

Panel panel_of(const PilotSetting& setting, const Legend& legend) {
  Panel panel{.title = setting.title};
  panel.x = {"Middle of the masked band, % of the ranking", 0, 0};
  panel.y = {"Test accuracy, %", 0, 100};
  std::map<std::pair<std::size_t, std::size_t>, std::vector<Point>> lines;
  for (const auto& [cell, accuracy] : setting.cells) {
    panel.x.high = std::max(panel.x.high, static_cast<double>(cell.band_to));
    lines[{place(legend.colours, cell.metric), place(legend.styles, cell.scope)}].push_back(
        point_of(cell, accuracy.overall));
  }
  for (auto& [signs, points] : lines) panel.series.push_back({signs.first, signs.second, std::move(points)});
  if (setting.original_test_accuracy.count > 0) panel.reference = 100 * setting.original_test_accuracy.mean;
  return panel;
}

}  // namespace

Figure pilot_figure(const std::vector<PilotSetting>& settings) {
  Figure figure;
  figure.title = "Pilot study: accuracy with a band of units masked";
  figure.description =
      "Test accuracy against the place of the masked band in the ranking, for each setting: a line for each metric and "
      "each way to rank, the mean over seeds and a band around it.";
  figure.legend = {"Metric", {"avg", "var", "ens", "deeplift", "taylor"}, "Ranking", scopes(), "nothing masked", ""};
  for (const PilotSetting& setting : settings) {
    if (!setting.cells.empty()) figure.panels.push_back(panel_of(setting, figure.legend));
  }
  return figure;
}

}  // namespace neusemslice
