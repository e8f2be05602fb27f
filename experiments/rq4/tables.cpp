#include "rq4/tables.hpp"

#include <fmt/format.h>

#include "report/published.hpp"

namespace neusemslice {
namespace {

bool is_papers(const Rq4Setting& setting) {
  return setting.tasks.size() == 2;
}

std::string caption(const Rq4Setting& setting) {
  const std::size_t seeds = setting.outcomes.front().average.count;
  std::string text = fmt::format(
      "In percent, mean over {} seed{} with its 95 % interval from three seeds on: test accuracy over all outputs, "
      "after "
      "the last task was learned.",
      seeds, seeds == 1 ? "" : "s");
  for (std::size_t task = 0; task < setting.tasks.size(); ++task) {
    text += fmt::format(" {}: categories {}.", task_title(task), setting.tasks[task]);
  }
  if (setting.slice_compression_rate.count > 0) {
    text += fmt::format(" The first task's slice removes {}.", percent(setting.slice_compression_rate));
  }
  return text;
}

void add_main_row(const Rq4Setting& setting, const Rq4Method& method, const Rq4Outcome* outcome, Table& table) {
  std::vector<Cell>& row = table.rows.emplace_back();
  row.push_back({learn_method_title(method)});
  if (outcome != nullptr) {
    row.front().text += share_of_seeds(outcome->average.count, setting.outcomes.front().average.count);
  }
  for (std::size_t task = 0; task < setting.tasks.size(); ++task) {
    row.push_back({outcome == nullptr ? "/" : percent(outcome->accuracy.back().at(task))});
    if (is_papers(setting)) row.push_back({published_learning(setting, method, published_column(task))});
  }
  row.push_back({outcome == nullptr ? "/" : percent(outcome->average)});
  if (is_papers(setting)) row.push_back({published_learning(setting, method, "average_percent")});
}

/// A megabyte has 1,000,000 bytes.
std::string bytes(const Summary& summary) {
  if (summary.count == 0 || summary.mean == 0) return "–";
  return summary.mean < 100'000 ? fmt::format("{} B", fixed(summary.mean, 0))
                                : fmt::format("{} MB", fixed(summary.mean / 1e6, 2));
}

}  // namespace

std::string published_learning(const Rq4Setting& setting, const Rq4Method& method, const char* column) {
  for (const CsvRecord& row : published_rows("table6_incremental")) {
    if (is_same_setting(row.find("setting")->second, setting.name) &&
        row.find("method")->second == learn_method_title(method)) {
      const std::string& value = row.find(column)->second;
      return value.empty() ? "/" : value;
    }
  }
  return "–";
}

const char* published_column(std::size_t task) {
  return task == 0 ? "task_a_accuracy_percent" : "task_b_accuracy_percent";
}

Table rq4_main_table(const Rq4Setting& setting) {
  Table table = {setting.title + ": learning one task after the other", caption(setting), {{"Method"}}, {}};
  const auto add_column = [&](const std::string& heading) {
    table.columns.push_back({heading, Align::right});
    if (is_papers(setting)) table.columns.push_back({heading + ", paper", Align::right});
  };
  for (std::size_t task = 0; task < setting.tasks.size(); ++task) add_column(task_title(task));
  add_column("Average");
  const Rq4Method deeparc{"deeparc"};
  const bool lacks_deeparc = is_papers(setting) && setting.find(deeparc) == nullptr &&
                             published_learning(setting, deeparc, "average_percent") == "/";
  for (const Rq4Outcome& outcome : setting.outcomes) {
    if (lacks_deeparc && outcome.method.name == "slice") add_main_row(setting, deeparc, nullptr, table);
    add_main_row(setting, outcome.method, &outcome, table);
  }
  return table;
}

Table rq4_cost_table(const Rq4Setting& setting) {
  Table table = {
      setting.title + ": what is kept, and what it costs",
      "ACC: average accuracy after the last task; F: forgetting, the mean over the earlier tasks of the best accuracy "
      "before the last one less that at the end; BWT: backward transfer, the mean of accuracy at the end less that "
      "right "
      "after learning the task (Lopez-Paz and Ranzato 2017, Chaudhry et al. 2018); all in percent. Trained: share of "
      "the "
      "parameters in the last step. Time: of training, over Retrain's, in percent. Replayed: images and labels kept "
      "for "
      "the last step. Slices: of the earlier tasks, delta-coded and as 32-bit indices." +
          (setting.slicing_seconds.count == 0
               ? std::string()
               : fmt::format(" Slicing itself (scores, curves and choices) took {} s a seed.",
                             mean_and_interval(setting.slicing_seconds, 1))),
      {{"Method"}},
      {}};
  for (const char* heading : {"ACC", "F", "BWT", "Trained", "Seconds", "Time", "Replayed", "Slices", "Slices, plain"}) {
    table.columns.push_back({heading, Align::right});
  }
  for (const Rq4Outcome& outcome : setting.outcomes) {
    table.rows.push_back({{learn_method_title(outcome.method)},
                          {percent(outcome.average)},
                          {percent(outcome.forgetting)},
                          {percent(outcome.backward_transfer)},
                          {percent(outcome.trained_parameter_ratio)},
                          {mean_and_interval(outcome.seconds, 1)},
                          {percent(outcome.relative_seconds)},
                          {bytes(outcome.replay_bytes)},
                          {bytes(outcome.slice_bytes)},
                          {bytes(outcome.plain_slice_bytes)}});
  }
  return table;
}

Table rq4_matrix_table(const Rq4Setting& setting, const Rq4Outcome& outcome) {
  Table table = {fmt::format("{}, {}: accuracy after each step", setting.title, learn_method_title(outcome.method)),
                 "In percent; a task's own step stands on the diagonal.",
                 {{"After learning"}},
                 {}};
  for (std::size_t task = 0; task < setting.tasks.size(); ++task) {
    table.columns.push_back({task_title(task), Align::right});
  }
  for (std::size_t step = 0; step < outcome.accuracy.size(); ++step) {
    std::vector<Cell>& row = table.rows.emplace_back();
    row.push_back({task_title(step)});
    for (std::size_t task = 0; task < setting.tasks.size(); ++task) {
      row.push_back({percent(outcome.accuracy[step][task]), task == step});
    }
  }
  return table;
}

Table rq4_data(const std::vector<Rq4Setting>& settings) {
  Table table;
  for (const char* heading : {"setting", "method", "replay_percent", "seeds", "step", "task", "categories",
                              "accuracy_percent", "accuracy_half_width"}) {
    table.columns.push_back({heading});
  }
  for (const Rq4Setting& setting : settings) {
    for (const Rq4Outcome& outcome : setting.outcomes) {
      for (std::size_t step = 0; step < outcome.accuracy.size(); ++step) {
        for (std::size_t task = 0; task < setting.tasks.size(); ++task) {
          const Summary& accuracy = outcome.accuracy[step][task];
          table.rows.push_back({{setting.name},
                                {outcome.method.name},
                                {fmt::to_string(outcome.method.replay_percent)},
                                {fmt::to_string(accuracy.count)},
                                {fmt::to_string(step)},
                                {fmt::to_string(task)},
                                {setting.tasks[task]},
                                {fixed(100 * accuracy.mean, 4)},
                                {accuracy.half_width ? fixed(100 * *accuracy.half_width, 4) : ""}});
        }
      }
    }
  }
  return table;
}

}  // namespace neusemslice
