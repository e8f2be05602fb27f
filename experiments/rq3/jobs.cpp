#include "rq3/jobs.hpp"

#include "scheduling/kinds/attack_job.hpp"
#include "scheduling/kinds/choose_job.hpp"
#include "scheduling/kinds/readapt_job.hpp"
#include "scheduling/kinds/scan_job.hpp"
#include "scheduling/kinds/score_job.hpp"
#include "suite_models.hpp"

namespace neusemslice {

JobGraph rq3_jobs(const SuiteConfig& suite, DatasetCache& datasets) {
  JobGraph graph;
  add_models(graph, suite, datasets, [&](const SuiteModel& model) {
    const std::string score = add_score_job(graph, model.train, suite.contribution);
    const std::string scan = add_scan_job(graph, score, suite.similarity);
    const std::string choose =
        add_choose_job(graph, suite.readapt.slice_tolerance, suite.slicing.interval, score, scan);
    const std::string attack_job = add_attack_job(graph, model.train, model.setting.attack, suite.readapt);
    for (const std::string& attack : suite.readapt.attacks) {
      for (const std::string& method : suite.readapt.methods) {
        const bool needs_slice = method == "slice" || method == "both";
        add_readapt_job(graph, model.setting, model.train, attack_job, needs_slice ? choose : "", method, attack,
                        suite.readapt);
      }
    }
  });
  return graph;
}

}  // namespace neusemslice
