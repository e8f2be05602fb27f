#include "rq2/jobs.hpp"

#include "scheduling/kinds/choose_job.hpp"
#include "scheduling/kinds/prune_job.hpp"
#include "scheduling/kinds/scan_job.hpp"
#include "scheduling/kinds/score_job.hpp"
#include "suite_models.hpp"

namespace neusemslice {

JobGraph rq2_jobs(const SuiteConfig& suite, DatasetCache& datasets) {
  JobGraph graph;
  add_models(graph, suite, datasets, [&](const SuiteModel& model) {
    const std::string score = add_score_job(graph, model.train, suite.contribution);
    const std::string scan = add_scan_job(graph, score, suite.similarity);
    const std::string choose =
        add_choose_job(graph, suite.pruning.slice_tolerance, suite.slicing.interval, score, scan);
    for (const std::string& method : suite.pruning.methods) {
      for (const std::string& start : {std::string(), choose}) {
        add_prune_job(graph, model.train, start, method, model.setting.pruning_rate, suite.pruning);
      }
    }
  });
  return graph;
}

}  // namespace neusemslice
