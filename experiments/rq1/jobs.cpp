#include "rq1/jobs.hpp"

#include "scheduling/kinds/deeparc_job.hpp"
#include "scheduling/kinds/restructure_job.hpp"
#include "scheduling/kinds/scan_job.hpp"
#include "scheduling/kinds/score_job.hpp"
#include "scheduling/kinds/slice_job.hpp"
#include "scheduling/kinds/time_metrics_job.hpp"
#include "suite_models.hpp"

namespace neusemslice {
namespace {

/// The levels of a strategy: percentages of units, or similarity thresholds.
std::vector<double> levels_of(const std::string& strategy, const SlicingConfig& slicing) {
  if (strategy == "semantic") return slicing.thresholds;
  return {slicing.percentages.begin(), slicing.percentages.end()};
}

void add_slices(JobGraph& graph, const SuiteConfig& suite, const std::string& train) {
  const std::string score = add_score_job(graph, train, suite.contribution);
  const std::string scan = add_scan_job(graph, score, suite.similarity);
  for (const std::string& strategy : suite.slicing.strategies) {
    for (const std::string& metric : suite.contribution.metrics) {
      for (const double level : levels_of(strategy, suite.slicing)) {
        const std::string slice = add_slice_job(graph, strategy, metric, level, suite.slicing.interval, score, scan);
        add_restructure_job(graph, train, slice);
      }
    }
  }
}

}  // namespace

JobGraph rq1_jobs(const SuiteConfig& suite, DatasetCache& datasets) {
  JobGraph graph;
  add_models(graph, suite, datasets, [&](const SuiteModel& model) {
    add_slices(graph, suite, model.train);
    if (suite.deeparc.enabled) add_deeparc_job(graph, model.train, suite.deeparc);
    if (model.seed == suite.seeds.front()) add_time_metrics_job(graph, model.train, suite.contribution);
  });
  return graph;
}

}  // namespace neusemslice
