#include "rq2/figure.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace neusemslice {
namespace {

constexpr const char* kFromSlice = "from the slice";
constexpr const char* kFromModel = "from the model";

/// The mean over the seeds that came to each iteration.
std::vector<Point> points_of(const Rq2Cell& cell, const Rq2Outcome& outcome) {
  std::vector<Point> points;
  for (std::size_t iteration = 0;; ++iteration) {
    std::vector<double> accuracies;
    std::vector<double> rates;
    for (const Rq2Run& run : outcome.runs) {
      if (iteration >= run.test_accuracies.size()) continue;
      accuracies.push_back(100 * run.test_accuracies[iteration]);
      rates.push_back(100 * run.compression_rates[iteration]);
    }
    if (accuracies.empty()) return points;
    const Summary accuracy = summarise(accuracies);
    points.push_back(
        {static_cast<double>(iteration), accuracy.mean, std::max(accuracy.low(), 0.0), std::min(accuracy.high(), 100.0),
         fmt::format("{} from the {}, iteration {}: CR {:.2f} %, accuracy {} % ({} seed{})", method_title(cell.method),
                     cell.start, iteration, summarise(rates).mean, mean_and_interval(accuracy, 2), accuracies.size(),
                     accuracies.size() == 1 ? "" : "s")});
  }
}

std::size_t place(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
}

Panel panel_of(const Rq2Setting& setting, const Legend& legend) {
  Panel panel{.title = setting.title};
  panel.x = {"Iteration", 0, 1};
  double lowest = 100;
  double highest = 0;
  for (const auto& [cell, outcome] : setting.cells) {
    Series series{place(legend.colours, method_title(cell.method)),
                  place(legend.styles, cell.start == "slice" ? kFromSlice : kFromModel), points_of(cell, outcome)};
    for (const Point& point : series.points) {
      panel.x.high = std::max(panel.x.high, point.x);
      lowest = std::min(lowest, point.y);
      highest = std::max(highest, point.y);
    }
    panel.series.push_back(std::move(series));
  }
  panel.y = {"Test accuracy, %", std::floor(lowest), std::ceil(highest)};
  if (setting.original_test_accuracy.count > 0) {
    panel.reference = 100 * setting.original_test_accuracy.mean;
    panel.y.high = std::max(panel.y.high, std::ceil(*panel.reference));
  }
  return panel;
}

}  // namespace

Figure rq2_figure(const std::vector<Rq2Setting>& settings) {
  Figure figure;
  figure.title = "RQ2: accuracy over the iterations of pruning";
  figure.description =
      "Test accuracy after each iteration of pruning and fine-tuning, for each setting: a line for each algorithm, "
      "from "
      "the model and from its semantic slice, the mean over the seeds that came so far and a band around it.";
  figure.legend = {
      "Algorithm", {"LAMP", "Global", "Uniform+", "ERK"}, "Starts", {kFromSlice, kFromModel}, "original model", ""};
  for (const Rq2Setting& setting : settings) {
    if (!setting.cells.empty()) figure.panels.push_back(panel_of(setting, figure.legend));
  }
  return figure;
}

}  // namespace neusemslice
