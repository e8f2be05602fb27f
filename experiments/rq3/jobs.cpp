#include "rq3/jobs.hpp"

#include "maintenance/trainable_part.hpp"
#include "models/zoo.hpp"
#include "scheduling/kinds/attack_job.hpp"
#include "scheduling/kinds/choose_job.hpp"
#include "scheduling/kinds/readapt_job.hpp"
#include "scheduling/kinds/scan_job.hpp"
#include "scheduling/kinds/score_job.hpp"
#include "suite_models.hpp"

namespace neusemslice {
namespace {

/// What no network has is said before hours of training.
void check_critical_layers(const SettingConfig& setting, DatasetCache& datasets) {
  const Dataset& dataset = datasets.get(setting.dataset);
  require_layers(make_architecture(setting.model, dataset.image_shape(), dataset.categories()),
                 setting.critical_layers);
}

}  // namespace

JobGraph rq3_jobs(const SuiteConfig& suite, DatasetCache& datasets) {
  for (const SettingConfig& setting : suite.settings) check_critical_layers(setting, datasets);
  JobGraph graph;
  add_models(graph, suite, datasets, [&](const SuiteModel& model) {
    const std::string score = add_score_job(graph, model.train, suite.contribution);
    const std::string scan = add_scan_job(graph, score, suite.similarity);
    const std::string choose =
        add_choose_job(graph, suite.readapt.slice_tolerance, suite.slicing.interval, score, scan);
    const std::string attack_job = add_attack_job(graph, model.setting, model.train, suite.readapt);
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
