#include "rq3/figure.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace neusemslice {
namespace {

struct Accuracy {
  const char* title;
  Summary Rq3Outcome::*value;
};

const std::vector<Accuracy>& accuracies() {
  static const std::vector<Accuracy> all = {{"RA: samples retrained on", &Rq3Outcome::retrained_accuracy},
                                            {"RAA: attacked anew", &Rq3Outcome::reattack_accuracy},
                                            {"benign test images", &Rq3Outcome::test_accuracy}};
  return all;
}

Point point_of(const Rq3Cell& cell, const Rq3Outcome& outcome, const Accuracy& accuracy) {
  const Summary& value = outcome.*accuracy.value;
  const auto possible = [](double fraction) { return std::clamp(100 * fraction, 0.0, 100.0); };
  return {100 * outcome.trained_parameter_ratio.mean, 100 * value.mean, possible(value.low()), possible(value.high()),
          fmt::format("{}, {}: TPR {} %, {} {} %", readapt_method_title(cell.method), attack_title(cell.attack),
                      percent(outcome.trained_parameter_ratio), accuracy.title, percent(value))};
}

Panel panel_of(const Rq3Setting& setting, const std::string& attack) {
  Panel panel{.title = setting.title + ", " + attack_title(attack)};
  panel.x = {"Parameters retrained (TPR), %", 0, 100};
  panel.y = {"Accuracy, %", 0, 100};
  for (std::size_t i = 0; i < accuracies().size(); ++i) {
    Series series{i, 0, {}};
    for (const auto& [cell, outcome] : setting.cells) {
      if (cell.attack == attack) series.points.push_back(point_of(cell, outcome, accuracies()[i]));
    }
    std::ranges::sort(series.points, {}, &Point::x);
    panel.series.push_back(std::move(series));
  }
  panel.reference = 100 * setting.original_test_accuracy.mean;
  return panel;
}

}  // namespace

Figure rq3_figure(const std::vector<Rq3Setting>& settings) {
  Figure figure;
  figure.title = "RQ3: accuracy against the share of parameters retrained";
  figure.description =
      "Accuracy after retraining on adversarial samples against the share of parameters that was retrained, for each "
      "setting and attack: on the samples retrained on, on new ones, and on benign test images; a point for each "
      "method.";
  figure.legend = {"Accuracy", {}, "Points", {"the methods, by their TPR"}, "test accuracy before", ""};
  for (const Accuracy& accuracy : accuracies()) figure.legend.colours.emplace_back(accuracy.title);
  for (const Rq3Setting& setting : settings) {
    for (const std::string& attack : rq3_attacks()) {
      const auto is_of = [&](const auto& entry) { return entry.first.attack == attack; };
      if (std::ranges::any_of(setting.cells, is_of)) figure.panels.push_back(panel_of(setting, attack));
    }
  }
  return figure;
}

}  // namespace neusemslice
