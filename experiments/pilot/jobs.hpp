#pragma once

#include "config/suite.hpp"
#include "scheduling/job_data.hpp"
#include "scheduling/job_graph.hpp"

namespace neusemslice {

/// The pilot study's jobs: each model is trained and scored, and evaluated with each band masked, by each metric, in
/// both scopes.
JobGraph pilot_jobs(const SuiteConfig& suite, DatasetCache& datasets);

}  // namespace neusemslice
