#include "pilot/jobs.hpp"

#include "scheduling/kinds/mask_job.hpp"
#include "scheduling/kinds/score_job.hpp"
#include "suite_models.hpp"

namespace neusemslice {
namespace {

void add_masks(JobGraph& graph, const SuiteConfig& suite, const std::string& score) {
  const std::vector<std::int64_t>& edges = suite.pilot.band_edges;
  for (const char* scope : {"global", "category"}) {
    for (const std::string& metric : suite.contribution.metrics) {
      for (std::size_t i = 1; i < edges.size(); ++i) {
        add_mask_job(graph, score, metric, scope, {.from = edges[i - 1], .to = edges[i]});
      }
    }
  }
}

}  // namespace

JobGraph pilot_jobs(const SuiteConfig& suite, DatasetCache& datasets) {
  JobGraph graph;
  add_models(graph, suite, datasets, [&](const SuiteModel& model) {
    add_masks(graph, suite, add_score_job(graph, model.train, suite.contribution));
  });
  return graph;
}

}  // namespace neusemslice
