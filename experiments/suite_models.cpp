#include "suite_models.hpp"

#include "scheduling/kinds/train_job.hpp"

namespace neusemslice {

void add_models(JobGraph& graph, const SuiteConfig& suite, DatasetCache& datasets,
                const std::function<void(const SuiteModel&)>& add) {
  for (const SettingConfig& setting : suite.settings) {
    const Dataset& dataset = datasets.get(setting.dataset);
    for (const std::int64_t seed : suite.seeds) {
      add({setting, seed, add_train_job(graph, setting, dataset, suite.validation_percent, seed)});
    }
  }
}

}  // namespace neusemslice
