#include "rq4/figure.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "rq4/tables.hpp"

namespace neusemslice {
namespace {

constexpr std::size_t kColours = 7;

Point point_of(double x, const Summary& y, std::string note) {
  const auto possible = [](double fraction) { return std::clamp(100 * fraction, 0.0, 100.0); };
  return {x, 100 * y.mean, possible(y.low()), possible(y.high()), std::move(note)};
}

/// "NeuSemSlice+Replay 10%" in two lines.
std::string axis_name(const Rq4Method& method) {
  std::string name = learn_method_title(method);
  const std::size_t plus = name.find('+');
  if (plus != std::string::npos) name.insert(plus, 1, '\n');
  return name;
}

void add_published(const Rq4Setting& setting, const Rq4Method& method, std::size_t task, double x, Panel& panel) {
  const std::string value = published_learning(setting, method, published_column(task));
  if (value == "/" || value == "–") return;
  panel.marks.push_back({x, std::stod(value), fmt::format("the paper, {}: {} %", task_title(task), value)});
}

Panel methods_panel(const Rq4Setting& setting) {
  const auto last_place = static_cast<double>(setting.outcomes.size() - 1);
  Panel panel{.title = setting.title};
  panel.x = {"", -0.5, last_place + 0.5};
  panel.y = {"Accuracy, %", -3, 103};
  for (std::size_t task = 0; task < 2; ++task) panel.series.push_back({task, task, {}});
  for (const Rq4Outcome& outcome : setting.outcomes) {
    const auto place = static_cast<double>(panel.x.names.size());
    panel.x.names.push_back(axis_name(outcome.method));
    for (std::size_t task = 0; task < 2; ++task) {
      const Summary& accuracy = outcome.accuracy.back().at(task);
      const double x = place + (task == 0 ? -0.2 : 0.2);
      panel.series[task].points.push_back(point_of(
          x, accuracy,
          fmt::format("{}, {}: {} %", learn_method_title(outcome.method), task_title(task), percent(accuracy))));
      add_published(setting, outcome.method, task, x + 0.17, panel);
    }
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
  return {"Accuracy on", {task_title(0), task_title(1)}, "", {}, "", ""};
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
  figure.description = tasks == 2
                           ? "Test accuracy on both tasks after learning both, by method, with its 95 % interval."
                           : "Test accuracy on every task after each step, a panel for each setting and method.";
  for (const Rq4Setting& setting : settings) {
    if (setting.outcomes.empty()) continue;
    if (tasks == 2) figure.panels.push_back(methods_panel(setting));
    for (const Rq4Outcome& outcome : setting.outcomes) {
      if (tasks > 2 && outcome.method.name != "original") figure.panels.push_back(steps_panel(setting, outcome));
    }
  }
  const auto has_marks = [](const Panel& panel) { return !panel.marks.empty(); };
  if (std::ranges::any_of(figure.panels, has_marks)) {
    figure.legend.style_heading = "Stars";
    figure.legend.mark = "the paper's";
  }
  return figure;
}

}  // namespace neusemslice
