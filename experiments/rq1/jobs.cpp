#include "rq1/jobs.hpp"

namespace neusemslice {
namespace {

/// The levels of a strategy: percentages of units, or similarity thresholds.
std::vector<double> levels_of(const std::string& strategy, const SlicingConfig& slicing) {
  if (strategy == "semantic") return slicing.thresholds;
  return {slicing.percentages.begin(), slicing.percentages.end()};
}

void add_slices(JobGraph& graph, const SuiteConfig& suite, const std::string& train) {
  const std::string score = JobKinds::add_score(graph, train, suite.contribution);
  const std::string scan = JobKinds::add_scan(graph, score, suite.similarity);
  for (const std::string& strategy : suite.slicing.strategies) {
    for (const std::string& metric : suite.contribution.metrics) {
      for (const double level : levels_of(strategy, suite.slicing)) {
        const std::string slice =
            JobKinds::add_slice(graph, strategy, metric, level, suite.slicing.interval, score, scan);
        JobKinds::add_restructure(graph, train, slice);
      }
    }
  }
}

}  // namespace

JobGraph rq1_jobs(const SuiteConfig& suite, DatasetCache& datasets) {
  JobGraph graph;
  for (const SettingConfig& setting : suite.settings) {
    const Dataset& dataset = datasets.get(setting.dataset);
    for (const std::int64_t seed : suite.seeds) {
      const std::string train = JobKinds::add_train(graph, setting, dataset, suite.validation_percent, seed);
      add_slices(graph, suite, train);
      if (seed == suite.seeds.front()) JobKinds::add_metric_timing(graph, train, suite.contribution);
    }
  }
  return graph;
}

}  // namespace neusemslice
