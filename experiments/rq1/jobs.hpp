#pragma once

#include "config/suite.hpp"
#include "scheduling/job_graph.hpp"
#include "scheduling/job_kinds.hpp"

namespace neusemslice {

/// RQ1 (paper section 5.2, Fig. 5): compression rate against accuracy of global, category-wise and semantic slicing, by
/// every metric, and the seconds each metric takes (measured on the first seed of each setting).
///
///   small: neusemslice run configs/quickstart.yaml
///   full:  neusemslice run configs/suites/rq1-mlp.yaml
JobGraph rq1_jobs(const SuiteConfig& suite, DatasetCache& datasets);

}  // namespace neusemslice
