#pragma once

#include "config/suite.hpp"
#include "scheduling/job_data.hpp"
#include "scheduling/job_graph.hpp"

namespace neusemslice {

/// The jobs of the question that a suite asks.
JobGraph suite_jobs(const SuiteConfig& suite, DatasetCache& datasets);

}  // namespace neusemslice
