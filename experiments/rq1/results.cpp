#include "rq1/results.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "report/suite_query.hpp"
#include "report/suite_record.hpp"

namespace neusemslice {
namespace {

using LayersOfJob = std::map<std::string, std::vector<LayerCount>>;

/// Where a name stands in the order of the legend; unknown names at the end.
std::size_t place(const std::vector<std::string>& order, const std::string& name) {
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), name) - order.begin());
}

bool comes_before(const Rq1Curve& a, const Rq1Curve& b) {
  const auto key = [](const Rq1Curve& curve) {
    return std::tuple(place(rq1_strategies(), curve.strategy), curve.strategy, place(rq1_metrics(), curve.metric),
                      curve.metric);
  };
  return key(a) < key(b);
}

void read_originals(SQLite::Database& database, const std::string& suite, Rq1Setting& setting) {
  SQLite::Statement query = suite_query(database,
                                        "SELECT validation_accuracy, test_accuracy FROM trained_models "
                                        "WHERE suite = ? AND setting = ? ORDER BY seed",
                                        suite, setting.name);
  std::vector<double> validation;
  std::vector<double> test;
  while (query.executeStep()) {
    validation.push_back(query.getColumn(0).getDouble());
    test.push_back(query.getColumn(1).getDouble());
  }
  setting.original_validation_accuracy = summarise(validation);
  setting.original_test_accuracy = summarise(test);
}

LayersOfJob read_layers(SQLite::Database& database, const std::string& suite, const std::string& setting) {
  SQLite::Statement query = suite_query(database,
                                        "SELECT l.job, l.layer, l.units, l.kept, l.rescued FROM slice_layers AS l "
                                        "JOIN suite_jobs AS w ON w.job = l.job JOIN jobs AS j ON j.key = l.job "
                                        "WHERE w.suite = ? AND j.setting = ? ORDER BY l.job, l.layer",
                                        suite, setting);
  LayersOfJob layers;
  while (query.executeStep()) {
    layers[query.getColumn(0).getString()].push_back({query.getColumn(1).getString(), query.getColumn(2).getInt64(),
                                                      query.getColumn(3).getInt64(), query.getColumn(4).getInt() == 1});
  }
  return layers;
}

Rq1Slice slice_of_row(SQLite::Statement& row, double level, std::vector<LayerCount> layers) {
  const auto real = [&row](const char* column) { return row.getColumn(column).getDouble(); };
  const auto integer = [&row](const char* column) { return row.getColumn(column).getInt64(); };
  return {.seed = integer("seed"),
          .level = level,
          .parameters = integer("parameters"),
          .original_parameters = integer("original_parameters"),
          .compression_rate = real("compression_rate"),
          .validation_accuracy = real("validation_accuracy"),
          .test_accuracy = real("test_accuracy"),
          .original_validation_accuracy = real("original_validation_accuracy"),
          .original_test_accuracy = real("original_test_accuracy"),
          .layers = std::move(layers)};
}

void read_curves(SQLite::Database& database, const std::string& suite, Rq1Setting& setting) {
  const LayersOfJob layers = read_layers(database, suite, setting.name);
  SQLite::Statement query =
      suite_query(database, "SELECT * FROM rq1 WHERE suite = ? AND setting = ? ORDER BY strategy, metric, level, seed",
                  suite, setting.name);
  while (query.executeStep()) {
    const std::string strategy = query.getColumn("strategy").getString();
    const std::string metric = query.getColumn("metric").getString();
    std::vector<Rq1Curve>& curves = setting.curves;
    if (curves.empty() || curves.back().strategy != strategy || curves.back().metric != metric) {
      curves.push_back({strategy, metric, {}});
    }
    const auto found = layers.find(query.getColumn("slice_job").getString());
    curves.back().slices.push_back(slice_of_row(query, query.getColumn("level").getDouble(),
                                                found == layers.end() ? std::vector<LayerCount>{} : found->second));
  }
  std::sort(setting.curves.begin(), setting.curves.end(), comes_before);
}

void read_metric_seconds(SQLite::Database& database, const std::string& suite, Rq1Setting& setting) {
  SQLite::Statement query =
      suite_query(database,
                  "SELECT m.metric, m.samples, m.seconds FROM metric_seconds AS m "
                  "JOIN suite_jobs AS w ON w.job = m.job JOIN jobs AS j ON j.key = m.job AND j.state = 'done' "
                  "WHERE w.suite = ? AND j.setting = ? ORDER BY m.metric, m.samples, j.seed",
                  suite, setting.name);
  std::map<std::tuple<std::size_t, std::string, std::int64_t>, std::vector<double>> groups;
  while (query.executeStep()) {
    const std::string metric = query.getColumn(0).getString();
    groups[{place(rq1_metrics(), metric), metric, query.getColumn(1).getInt64()}].push_back(
        query.getColumn(2).getDouble());
  }
  for (const auto& [key, seconds] : groups) {
    setting.metric_seconds.push_back({std::get<1>(key), std::get<2>(key), summarise(seconds)});
  }
}

std::vector<std::string> read_removed_layers(SQLite::Database& database, const std::string& job) {
  SQLite::Statement query(database, "SELECT layer FROM removed_layers WHERE job = ? ORDER BY layer");
  query.bind(1, job);
  std::vector<std::string> layers;
  while (query.executeStep()) layers.push_back(query.getColumn(0).getString());
  return layers;
}

LayerSimilarities read_layer_similarities(SQLite::Database& database, const std::string& job, std::int64_t seed) {
  SQLite::Statement query(database,
                          "SELECT position, other, other_layer, similarity FROM layer_similarities "
                          "WHERE job = ? ORDER BY position, other");
  query.bind(1, job);
  LayerSimilarities similarities{.seed = seed, .layers = {}, .values = {}};
  while (query.executeStep()) {
    if (query.getColumn(0).getInt64() == 0) similarities.layers.push_back(query.getColumn(2).getString());
    similarities.values.push_back(query.getColumn(3).getDouble());
  }
  return similarities;
}

void read_deeparc(SQLite::Database& database, const std::string& suite, Rq1Setting& setting) {
  SQLite::Statement query = suite_query(
      database, "SELECT * FROM deeparc WHERE suite = ? AND setting = ? ORDER BY threshold, seed", suite, setting.name);
  Rq1Curve curve = {"deeparc", "", {}};
  while (query.executeStep()) {
    const std::string job = query.getColumn("job").getString();
    curve.slices.push_back(slice_of_row(query, query.getColumn("threshold").getDouble(), {}));
    const std::int64_t seed = curve.slices.back().seed;
    setting.deeparc.push_back({seed, query.getColumn("similarity").getString(),
                               query.getColumn("modularity").getDouble(), read_removed_layers(database, job)});
    if (setting.deeparc.size() == 1) setting.layer_similarities = read_layer_similarities(database, job, seed);
  }
  if (!curve.slices.empty()) setting.curves.push_back(std::move(curve));
}

}  // namespace

const std::vector<std::string>& rq1_strategies() {
  static const std::vector<std::string> strategies = {"semantic", "category", "global"};
  return strategies;
}

const std::vector<std::string>& rq1_metrics() {
  static const std::vector<std::string> metrics = {"avg", "var", "ens", "deeplift", "taylor"};
  return metrics;
}

std::vector<Rq1Setting> read_rq1_results(SQLite::Database& database, const std::string& suite) {
  std::vector<Rq1Setting> settings;
  for (const std::string& name : setting_names(database, suite)) {
    Rq1Setting& setting = settings.emplace_back();
    setting.name = name;
    setting.title = name;
    read_originals(database, suite, setting);
    read_curves(database, suite, setting);
    read_metric_seconds(database, suite, setting);
    read_deeparc(database, suite, setting);
  }
  return settings;
}

}  // namespace neusemslice
