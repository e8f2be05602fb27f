#include "rq4/figure.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace neusemslice {
namespace {

constexpr std::size_t kColours = 7;

/// All replays have one colour; styles tell their percentages.
const std::vector<std::string>& colour_names() {
  static const std::vector<std::string> names = {"slice", "slice_replay", "replay", "retrain", "deeparc", "original"};
  return names;
}

Point point_of(double x, const Summary& y, std::string note) {
  const auto possible = [](double fraction) { return std::clamp(100 * fraction, 0.0, 100.0); };
  return {x, 100 * y.mean, possible(y.low()), possible(y.high()), std::move(note)};
}

Panel methods_panel(const Rq4Setting& setting) {
  Panel panel{.title = setting.title};
  panel.x = {"Accuracy on task A, %", 0, 100};
  panel.y = {"Accuracy on task B, %", 0, 100};
  std::size_t replays = 0;
  for (const Rq4Outcome& outcome : setting.outcomes) {
    const auto colour = std::ranges::find(colour_names(), outcome.method.name) - colour_names().begin();
    const std::vector<Summary>& last = outcome.accuracy.back();
    const std::size_t style = outcome.method.name == "replay" ? replays++ % 4 : 0;
    panel.series.push_back({static_cast<std::size_t>(colour),
                            style,
                            {point_of(100 * last[0].mean, last[1],
                                      fmt::format("{}: A {} %, B {} %", learn_method_title(outcome.method),
                                                  percent(last[0]), percent(last[1])))}});
  }
  return panel;
}

Panel steps_panel(const Rq4Setting& setting, const Rq4Outcome& outcome) {
  Panel panel{.title = fmt::format("{}, {}", setting.title, learn_method_title(outcome.method))};
  panel.x = {"Tasks learned", 1, static_cast<double>(setting.tasks.size())};
  panel.y = {"Accuracy, %", 0, 100};
  for (std::size_t task = 0; task < setting.tasks.size(); ++task) {
    Series series{task % kColours, 0, {}};
    for (std::size_t step = task; step < outcome.accuracy.size(); ++step) {
      const Summary& accuracy = outcome.accuracy[step][task];
      series.points.push_back(
          point_of(static_cast<double>(step + 1), accuracy,
                   fmt::format("{} after {} tasks: {} %", task_title(task), step + 1, percent(accuracy))));
    }
    panel.series.push_back(std::move(series));
  }
  return panel;
}

Legend methods_legend() {
  Legend legend{"Method", {}, "Replay", {"least (5 %)", "next (10 %)", "next (100 %)"}, "", ""};
  for (const std::string& name : colour_names()) {
    legend.colours.push_back(name == "replay"         ? "Replay"
                             : name == "slice_replay" ? "NeuSemSlice+Replay"
                                                      : learn_method_title({name}));
  }
  return legend;
}

Legend steps_legend(std::size_t tasks) {
  Legend legend{"Accuracy on", {}, "Lines", {"from the step in which the task is learned"}, "", ""};
  for (std::size_t task = 0; task < std::min(tasks, kColours); ++task) legend.colours.push_back(task_title(task));
  return legend;
}

}  // namespace

Figure rq4_figure(const std::vector<Rq4Setting>& settings) {
  Figure figure;
  figure.title = "RQ4: accuracy on earlier and later tasks";
  std::size_t tasks = 2;
  for (const Rq4Setting& setting : settings) tasks = std::max(tasks, setting.tasks.size());
  figure.legend = tasks == 2 ? methods_legend() : steps_legend(tasks);
  figure.description =
      tasks == 2 ? "Test accuracy on task B against that on task A after learning both, a point for each method."
                 : "Test accuracy on every task after each step, a panel for each setting and method.";
  for (const Rq4Setting& setting : settings) {
    if (setting.outcomes.empty()) continue;
    if (tasks == 2) figure.panels.push_back(methods_panel(setting));
    for (const Rq4Outcome& outcome : setting.outcomes) {
      if (tasks > 2 && outcome.method.name != "original") figure.panels.push_back(steps_panel(setting, outcome));
    }
  }
  return figure;
}

}  // namespace neusemslice
