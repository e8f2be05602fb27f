#include "rq4/results.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "report/suite_query.hpp"
#include "report/suite_record.hpp"

namespace neusemslice {
namespace {

/// What one seed's models came to.
struct Run {
  std::map<std::int64_t, std::vector<double>> accuracy;  ///< by step, of each task
  std::map<std::int64_t, double> seconds;                ///< by step
  double trained_parameter_ratio = 0;                    ///< of the last step, as what follows
  double replay_bytes = 0;
  double slice_bytes = 0;
  double plain_slice_bytes = 0;

  [[nodiscard]] double total_seconds() const {
    double total = 0;
    for (const auto& [step, of_step] : seconds) total += of_step;
    return total;
  }
};

using Runs = std::map<std::int64_t, Run>;  // by seed

std::map<Rq4Method, Runs> read_runs(SQLite::Database& database, const std::string& suite, Rq4Setting& setting) {
  SQLite::Statement query = suite_query(
      database,
      "SELECT method, replay_percent, seed, step, task, categories, accuracy, seconds, CAST(trained_parameters "
      "AS REAL) / parameters, replay_bytes, slice_bytes, plain_slice_bytes FROM rq4 WHERE suite = ? AND "
      "setting = ? ORDER BY method, replay_percent, seed, step, task",
      suite, setting.name);
  std::map<Rq4Method, Runs> methods;
  while (query.executeStep()) {
    const auto number = [&](int column) { return query.getColumn(column).getDouble(); };
    const auto integer = [&](int column) { return query.getColumn(column).getInt64(); };
    Run& run = methods[{query.getColumn(0).getString(), integer(1)}][integer(2)];
    run.accuracy[integer(3)].push_back(number(6));
    run.seconds[integer(3)] = number(7);
    run.trained_parameter_ratio = number(8);
    run.replay_bytes = number(9);
    run.slice_bytes = number(10);
    run.plain_slice_bytes = number(11);
    if (static_cast<std::size_t>(integer(4)) == setting.tasks.size()) {
      setting.tasks.push_back(query.getColumn(5).getString());
    }
  }
  return methods;
}

/// Puts what the original model can before what each other method's steps led to, and drops unfinished chains.
void complete(std::map<Rq4Method, Runs>& methods, std::size_t tasks) {
  const Runs original = methods[{"original"}];
  for (auto& [method, runs] : methods) {
    if (method.name == "original") continue;
    for (const auto& [seed, run] : original) {
      if (runs.contains(seed)) runs[seed].accuracy[0] = run.accuracy.at(0);
    }
    std::erase_if(runs, [&](const auto& entry) { return entry.second.accuracy.size() != tasks; });
  }
}

template <typename Value>
Summary over_seeds(const Runs& runs, const Value& value) {
  std::vector<double> values;
  for (const auto& [seed, run] : runs) values.push_back(value(run));
  return summarise(values);
}

double average(const Run& run) {
  const std::vector<double>& last = run.accuracy.rbegin()->second;
  double sum = 0;
  for (const double accuracy : last) sum += accuracy;
  return sum / static_cast<double>(last.size());
}

/// The mean over the tasks but the last of `term` of the task.
template <typename Term>
double over_earlier_tasks(const Run& run, const Term& term) {
  const std::size_t earlier = run.accuracy.size() - 1;
  double sum = 0;
  for (std::size_t task = 0; task < earlier; ++task) sum += term(task);
  return sum / static_cast<double>(earlier);
}

double forgetting(const Run& run) {
  return over_earlier_tasks(run, [&](std::size_t task) {
    const auto last = std::prev(run.accuracy.end());
    double best = 0;
    for (auto step = run.accuracy.begin(); step != last; ++step) best = std::max(best, step->second.at(task));
    return best - last->second.at(task);
  });
}

double backward_transfer(const Run& run) {
  return over_earlier_tasks(run, [&](std::size_t task) {
    return run.accuracy.rbegin()->second.at(task) - run.accuracy.at(static_cast<std::int64_t>(task)).at(task);
  });
}

Summary relative_seconds(const Runs& runs, const Runs& retrain) {
  std::vector<double> values;
  for (const auto& [seed, run] : runs) {
    const auto same_seed = retrain.find(seed);
    if (same_seed != retrain.end() && same_seed->second.total_seconds() > 0) {
      values.push_back(run.total_seconds() / same_seed->second.total_seconds());
    }
  }
  return summarise(values);
}

std::vector<std::vector<Summary>> accuracies(const Runs& runs, std::size_t tasks) {
  std::vector<std::vector<Summary>> matrix;
  for (std::size_t step = 0; step < runs.begin()->second.accuracy.size(); ++step) {
    std::vector<Summary>& row = matrix.emplace_back();
    for (std::size_t task = 0; task < tasks; ++task) {
      row.push_back(
          over_seeds(runs, [&](const Run& run) { return run.accuracy.at(static_cast<std::int64_t>(step)).at(task); }));
    }
  }
  return matrix;
}

Rq4Outcome outcome_of(const Rq4Method& method, const Runs& runs, const Runs& retrain, std::size_t tasks) {
  Rq4Outcome outcome{.method = method, .accuracy = accuracies(runs, tasks)};
  outcome.average = over_seeds(runs, average);
  if (method.name == "original") return outcome;
  outcome.forgetting = over_seeds(runs, forgetting);
  outcome.backward_transfer = over_seeds(runs, backward_transfer);
  outcome.trained_parameter_ratio = over_seeds(runs, [](const Run& run) { return run.trained_parameter_ratio; });
  outcome.seconds = over_seeds(runs, [](const Run& run) { return run.total_seconds(); });
  outcome.relative_seconds = relative_seconds(runs, retrain);
  outcome.replay_bytes = over_seeds(runs, [](const Run& run) { return run.replay_bytes; });
  outcome.slice_bytes = over_seeds(runs, [](const Run& run) { return run.slice_bytes; });
  outcome.plain_slice_bytes = over_seeds(runs, [](const Run& run) { return run.plain_slice_bytes; });
  return outcome;
}

std::size_t rank_of(const std::string& method) {
  static const std::vector<std::string> order = {"original", "retrain", "replay", "deeparc", "slice", "slice_replay"};
  return static_cast<std::size_t>(std::ranges::find(order, method) - order.begin());
}

}  // namespace

const Rq4Outcome* Rq4Setting::find(const Rq4Method& method) const {
  const auto found = std::ranges::find(outcomes, method, &Rq4Outcome::method);
  return found == outcomes.end() ? nullptr : &*found;
}

std::vector<Rq4Setting> read_rq4_results(SQLite::Database& database, const std::string& suite) {
  std::vector<Rq4Setting> settings;
  for (const std::string& name : setting_names(database, suite)) {
    Rq4Setting& setting = settings.emplace_back();
    setting.name = name;
    setting.title = name;
    auto methods = read_runs(database, suite, setting);
    complete(methods, setting.tasks.size());
    for (const auto& [method, runs] : methods) {
      if (!runs.empty())
        setting.outcomes.push_back(outcome_of(method, runs, methods[{"retrain"}], setting.tasks.size()));
    }
    std::ranges::stable_sort(setting.outcomes, {}, [](const Rq4Outcome& o) { return rank_of(o.method.name); });
    setting.slice_compression_rate = chosen_compression_rate(database, suite, name);
    setting.slicing_seconds = summary_of(
        suite_query(database,
                    "SELECT sum(j.seconds) FROM jobs AS j JOIN suite_jobs AS w ON w.job = j.key WHERE w.suite = ? AND "
                    "j.setting = ? AND j.state = 'done' AND j.kind IN ('score', 'scan', 'choose') GROUP BY j.seed",
                    suite, name));
  }
  return settings;
}

std::string learn_method_title(const Rq4Method& method) {
  if (method.name == "original") return "Original";
  if (method.name == "retrain") return "Retrain";
  if (method.name == "deeparc") return "DeepArc";
  if (method.name == "slice") return "NeuSemSlice";
  return fmt::format("{}Replay {}%", method.name == "replay" ? "" : "NeuSemSlice+", method.replay_percent);
}

std::string task_title(std::size_t task) {
  return fmt::format("Task {}", static_cast<char>('A' + task % 26));
}

}  // namespace neusemslice
