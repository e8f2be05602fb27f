#include "pilot/results.hpp"

#include <numeric>
#include <set>

#include "report/suite_query.hpp"
#include "report/suite_record.hpp"

namespace neusemslice {
namespace {

/// Samples and correct predictions of one seed's masked model, by category.
struct Counts {
  std::vector<double> samples;
  std::vector<double> correct;
};

using Seeds = std::map<std::int64_t, Counts>;

std::map<PilotCell, Seeds> read_counts(SQLite::Database& database, const std::string& suite,
                                       const std::string& setting) {
  SQLite::Statement query =
      suite_query(database,
                  "SELECT scope, metric, band_from, band_to, seed, samples, correct FROM pilot "
                  "WHERE suite = ? AND setting = ? ORDER BY scope, metric, band_from, band_to, seed, category",
                  suite, setting);
  std::map<PilotCell, Seeds> cells;
  while (query.executeStep()) {
    const PilotCell cell = {query.getColumn(0).getString(), query.getColumn(1).getString(),
                            query.getColumn(2).getInt64(), query.getColumn(3).getInt64()};
    Counts& counts = cells[cell][query.getColumn(4).getInt64()];
    counts.samples.push_back(query.getColumn(5).getDouble());
    counts.correct.push_back(query.getColumn(6).getDouble());
  }
  return cells;
}

double overall_accuracy(const std::string& scope, const Counts& counts) {
  if (scope == "global") {
    return std::accumulate(counts.correct.begin(), counts.correct.end(), 0.0) /
           std::accumulate(counts.samples.begin(), counts.samples.end(), 0.0);
  }
  double sum = 0;
  for (std::size_t i = 0; i < counts.samples.size(); ++i) sum += counts.correct[i] / counts.samples[i];
  return sum / static_cast<double>(counts.samples.size());
}

PilotAccuracy accuracy_of(const std::string& scope, const Seeds& seeds) {
  std::vector<double> overall;
  std::vector<std::vector<double>> by_category(seeds.begin()->second.samples.size());
  for (const auto& [seed, counts] : seeds) {
    overall.push_back(overall_accuracy(scope, counts));
    for (std::size_t i = 0; i < counts.samples.size(); ++i) {
      by_category.at(i).push_back(counts.correct[i] / counts.samples[i]);
    }
  }
  PilotAccuracy accuracy{.overall = summarise(overall), .by_category = {}};
  for (const std::vector<double>& category : by_category) accuracy.by_category.push_back(summarise(category));
  return accuracy;
}

}  // namespace

std::vector<PilotSetting> read_pilot_results(SQLite::Database& database, const std::string& suite) {
  std::vector<PilotSetting> settings;
  for (const std::string& name : setting_names(database, suite)) {
    PilotSetting& setting = settings.emplace_back();
    setting.name = name;
    setting.title = name;
    setting.original_test_accuracy = original_test_accuracy(database, suite, name);
    for (const auto& [cell, seeds] : read_counts(database, suite, name)) {
      setting.cells.emplace(cell, accuracy_of(cell.scope, seeds));
    }
  }
  return settings;
}

std::vector<std::pair<std::int64_t, std::int64_t>> bands_of(const PilotSetting& setting) {
  std::set<std::pair<std::int64_t, std::int64_t>> bands;
  for (const auto& entry : setting.cells) bands.emplace(entry.first.band_from, entry.first.band_to);
  return {bands.begin(), bands.end()};
}

}  // namespace neusemslice
