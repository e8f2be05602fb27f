#include "rq3/results.hpp"

#include "report/suite_query.hpp"
#include "report/suite_record.hpp"

namespace neusemslice {
namespace {

std::map<std::string, Summary> read_attacks(SQLite::Database& database, const std::string& suite,
                                            const std::string& setting) {
  SQLite::Statement query = suite_query(database,
                                        "SELECT attack, attacked_accuracy FROM attacked_models WHERE suite = ? AND "
                                        "setting = ? AND split = 'training' ORDER BY attack, seed",
                                        suite, setting);
  std::map<std::string, std::vector<double>> values;
  while (query.executeStep()) values[query.getColumn(0).getString()].push_back(query.getColumn(1).getDouble());
  std::map<std::string, Summary> summaries;
  for (const auto& [attack, accuracies] : values) summaries.emplace(attack, summarise(accuracies));
  return summaries;
}

using Runs = std::map<std::int64_t, Rq3Run>;  // by seed

std::map<Rq3Cell, Runs> read_runs(SQLite::Database& database, const std::string& suite, const std::string& setting) {
  SQLite::Statement query =
      suite_query(database,
                  "SELECT attack, method, seed, trained_parameter_ratio, retrained_accuracy, reattack_accuracy, "
                  "test_accuracy, seconds FROM rq3 WHERE suite = ? AND setting = ?",
                  suite, setting);
  std::map<Rq3Cell, Runs> cells;
  while (query.executeStep()) {
    const auto number = [&](int column) { return query.getColumn(column).getDouble(); };
    cells[{query.getColumn(0).getString(), query.getColumn(1).getString()}][query.getColumn(2).getInt64()] = {
        number(3), number(4), number(5), number(6), number(7)};
  }
  return cells;
}

Summary over_seeds(const Runs& runs, double Rq3Run::*value) {
  std::vector<double> values;
  for (const auto& [seed, run] : runs) values.push_back(run.*value);
  return summarise(values);
}

Summary relative_seconds(const Runs& runs, const Runs& full) {
  std::vector<double> values;
  for (const auto& [seed, run] : runs) {
    const auto same_seed = full.find(seed);
    if (same_seed != full.end() && same_seed->second.seconds > 0) {
      values.push_back(run.seconds / same_seed->second.seconds);
    }
  }
  return summarise(values);
}

}  // namespace

std::vector<Rq3Setting> read_rq3_results(SQLite::Database& database, const std::string& suite) {
  std::vector<Rq3Setting> settings;
  for (const std::string& name : setting_names(database, suite)) {
    Rq3Setting& setting = settings.emplace_back();
    setting.name = name;
    setting.title = name;
    setting.original_test_accuracy = original_test_accuracy(database, suite, name);
    setting.slice_compression_rate = chosen_compression_rate(database, suite, name);
    setting.attacked_accuracy = read_attacks(database, suite, name);
    const auto cells = read_runs(database, suite, name);
    for (const auto& [cell, runs] : cells) {
      const auto full = cells.find({cell.attack, "full"});
      setting.cells[cell] = {
          .runs = runs,
          .trained_parameter_ratio = over_seeds(runs, &Rq3Run::trained_parameter_ratio),
          .retrained_accuracy = over_seeds(runs, &Rq3Run::retrained_accuracy),
          .reattack_accuracy = over_seeds(runs, &Rq3Run::reattack_accuracy),
          .test_accuracy = over_seeds(runs, &Rq3Run::test_accuracy),
          .relative_seconds = full == cells.end() ? Summary{} : relative_seconds(runs, full->second)};
    }
  }
  return settings;
}

const std::vector<std::string>& rq3_attacks() {
  static const std::vector<std::string> names = {"fgsm", "pgd"};
  return names;
}

const std::vector<std::string>& rq3_methods() {
  static const std::vector<std::string> names = {"full", "deeparc", "slice", "both"};
  return names;
}

std::string attack_title(const std::string& attack) {
  return attack == "fgsm" ? "FGSM" : "PGD";
}

std::string readapt_method_title(const std::string& method) {
  if (method == "full") return "Fully Training";
  if (method == "deeparc") return "DeepArc";
  return method == "slice" ? "NeuSemSlice" : "NeuSemSlice+DeepArc";
}

}  // namespace neusemslice
