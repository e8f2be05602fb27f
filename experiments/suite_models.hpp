#pragma once

#include <functional>
#include <string>

#include "config/suite.hpp"
#include "data/dataset_cache.hpp"
#include "scheduling/job_graph.hpp"

namespace neusemslice {

/// A suite's model: a setting trained with a seed.
struct SuiteModel {
  const SettingConfig& setting;
  std::int64_t seed;
  std::string train;  ///< key of the job that trains it
};

/// Adds the jobs that train the suite's models, setting by setting, and calls `add` after each for what follows it.
void add_models(JobGraph& graph, const SuiteConfig& suite, DatasetCache& datasets,
                const std::function<void(const SuiteModel&)>& add);

}  // namespace neusemslice
