#include "rq2/results.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "report/suite_query.hpp"
#include "report/suite_record.hpp"

namespace neusemslice {
namespace {

struct MethodNames {
  const char* name;
  const char* title;
  const char* published;
};

constexpr std::array kMethods = {MethodNames{"lamp", "LAMP", "LAMP"}, MethodNames{"global", "Global", "Glob"},
                                 MethodNames{"uniform_plus", "Uniform+", "Unif"}, MethodNames{"erk", "ERK", "ERK"}};

std::string named(const std::string& method, const char* MethodNames::*member) {
  const auto found = std::ranges::find(kMethods, method, &MethodNames::name);
  return found == kMethods.end() ? method : std::string((*found).*member);
}

Rq2Slice read_slices(SQLite::Database& database, const std::string& suite, const std::string& setting) {
  SQLite::Statement query = suite_query(database,
                                        "SELECT compression_rate, test_accuracy, metric FROM chosen_slices "
                                        "WHERE suite = ? AND setting = ? ORDER BY seed",
                                        suite, setting);
  Rq2Slice slice;
  std::vector<double> rates;
  std::vector<double> accuracies;
  while (query.executeStep()) {
    rates.push_back(query.getColumn(0).getDouble());
    accuracies.push_back(query.getColumn(1).getDouble());
    ++slice.metrics[query.getColumn(2).getString()];
  }
  slice.compression_rate = summarise(rates);
  slice.test_accuracy = summarise(accuracies);
  return slice;
}

void read_history(SQLite::Database& database, const std::string& job, Rq2Run& run) {
  SQLite::Statement query(
      database, "SELECT compression_rate, test_accuracy FROM pruning_iterations WHERE job = ? ORDER BY iteration");
  query.bind(1, job);
  while (query.executeStep()) {
    run.compression_rates.push_back(query.getColumn(0).getDouble());
    run.test_accuracies.push_back(query.getColumn(1).getDouble());
  }
}

std::map<Rq2Cell, Rq2Outcome> read_runs(SQLite::Database& database, const std::string& suite,
                                        const std::string& setting) {
  SQLite::Statement query =
      suite_query(database,
                  "SELECT method, start, seed, iterations, compression_rate, test_accuracy, dense_bytes, csr_bytes, "
                  "gzip_bytes, job FROM rq2 WHERE suite = ? AND setting = ? ORDER BY method, start, seed",
                  suite, setting);
  std::map<Rq2Cell, Rq2Outcome> cells;
  while (query.executeStep()) {
    Rq2Run run{.seed = query.getColumn(2).getInt64(),
               .iterations = query.getColumn(3).getInt64(),
               .compression_rate = query.getColumn(4).getDouble(),
               .test_accuracy = query.getColumn(5).getDouble(),
               .dense_bytes = query.getColumn(6).getDouble(),
               .csr_bytes = query.getColumn(7).getDouble(),
               .gzip_bytes = query.getColumn(8).getDouble()};
    read_history(database, query.getColumn(9).getString(), run);
    cells[{query.getColumn(0).getString(), query.getColumn(1).getString()}].runs.push_back(std::move(run));
  }
  return cells;
}

Summary over_runs(const std::vector<Rq2Run>& runs, const std::function<double(const Rq2Run&)>& value) {
  std::vector<double> values;
  for (const Rq2Run& run : runs) values.push_back(value(run));
  return summarise(values);
}

}  // namespace

std::vector<Rq2Setting> read_rq2_results(SQLite::Database& database, const std::string& suite) {
  std::vector<Rq2Setting> settings;
  for (const std::string& name : setting_names(database, suite)) {
    Rq2Setting setting{.name = name,
                       .title = name,
                       .original_test_accuracy = original_test_accuracy(database, suite, name),
                       .slice = read_slices(database, suite, name),
                       .cells = read_runs(database, suite, name)};
    for (auto& [cell, outcome] : setting.cells) {
      outcome.compression_rate = over_runs(outcome.runs, [](const Rq2Run& run) { return run.compression_rate; });
      outcome.iterations =
          over_runs(outcome.runs, [](const Rq2Run& run) { return static_cast<double>(run.iterations); });
      outcome.test_accuracy = over_runs(outcome.runs, [](const Rq2Run& run) { return run.test_accuracy; });
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

Summary iterations_at_plain_rate(const Rq2Setting& setting, const std::string& method) {
  const auto plain = setting.cells.find({method, "model"});
  const auto sliced = setting.cells.find({method, "slice"});
  if (plain == setting.cells.end() || sliced == setting.cells.end()) return {};
  std::vector<double> iterations;
  for (const Rq2Run& run : sliced->second.runs) {
    const auto same_seed = std::ranges::find(plain->second.runs, run.seed, &Rq2Run::seed);
    if (same_seed == plain->second.runs.end()) continue;
    const auto held = run.compression_rates.begin() + run.iterations + 1;
    const auto reaches = std::find_if(run.compression_rates.begin(), held,
                                      [&](double rate) { return rate >= same_seed->compression_rate; });
    if (reaches != held) iterations.push_back(static_cast<double>(reaches - run.compression_rates.begin()));
  }
  return summarise(iterations);
}

std::vector<std::string> methods_of(const Rq2Setting& setting) {
  std::vector<std::string> methods;
  for (const MethodNames& method : kMethods) {
    const auto has = [&](const auto& entry) { return entry.first.method == method.name; };
    if (std::ranges::any_of(setting.cells, has)) methods.emplace_back(method.name);
  }
  return methods;
}

std::string published_method(const std::string& method) {
  return named(method, &MethodNames::published);
}

std::string method_title(const std::string& method) {
  return named(method, &MethodNames::title);
}

}  // namespace neusemslice
