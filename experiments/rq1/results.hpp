#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/summary.hpp"

namespace neusemslice {

struct LayerCount {
  std::string layer;
  std::int64_t units = 0;
  std::int64_t kept = 0;
  bool is_rescued = false;  ///< nothing was selected, so the single best unit stayed
};

/// One slice of one seed's model, restructured and evaluated: a row of the view `rq1`. Rates and accuracies are
/// fractions.
struct Rq1Slice {
  std::int64_t seed = 0;
  double level = 0;  ///< percent of the units kept (global, category), or the similarity threshold (semantic)
  std::int64_t parameters = 0;
  std::int64_t original_parameters = 0;
  double compression_rate = 0;
  double validation_accuracy = 0;
  double test_accuracy = 0;
  double original_validation_accuracy = 0;
  double original_test_accuracy = 0;
  std::vector<LayerCount> layers;

  [[nodiscard]] double validation_loss() const { return original_validation_accuracy - validation_accuracy; }
  [[nodiscard]] double test_loss() const { return original_test_accuracy - test_accuracy; }
};

/// All slices that one strategy and metric cut, by level, then seed. DeepArc, which cuts whole layers, is a strategy
/// without a metric (an empty name), and its level is its threshold.
struct Rq1Curve {
  std::string strategy;
  std::string metric;
  std::vector<Rq1Slice> slices;
};

/// What DeepArc took out of one seed's model; its accuracy stands in the curve of strategy "deeparc".
struct Rq1DeepArc {
  std::int64_t seed = 0;
  std::string similarity;  ///< which CKA
  double modularity = 0;
  std::vector<std::string> removed;  ///< layers, by name
};

/// How alike the layers of one model are, row by row.
struct LayerSimilarities {
  std::int64_t seed = 0;
  std::vector<std::string> layers;
  std::vector<double> values;
};

struct MetricSeconds {
  std::string metric;
  std::int64_t samples = 0;
  Summary seconds;
};

/// What is known of one setting. The curves stand in the order of the legend: semantic, category, global; and avg, var,
/// ens, deeplift, taylor within.
struct Rq1Setting {
  std::string name;
  std::string title;  ///< for readers; the name where the config gives none
  Summary original_validation_accuracy;
  Summary original_test_accuracy;
  std::vector<Rq1Curve> curves;
  std::vector<MetricSeconds> metric_seconds;
  std::vector<Rq1DeepArc> deeparc;            ///< by seed
  LayerSimilarities layer_similarities = {};  ///< of the first seed that has them
};

/// The legend's order. A name that the paper does not know comes after these.
const std::vector<std::string>& rq1_strategies();
const std::vector<std::string>& rq1_metrics();

/// Every setting that the suite plans, by name, with whatever is done so far. The titles are the names.
std::vector<Rq1Setting> read_rq1_results(SQLite::Database& database, const std::string& suite);

}  // namespace neusemslice
