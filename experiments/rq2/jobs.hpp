#pragma once

#include "config/suite.hpp"
#include "data/dataset_cache.hpp"
#include "scheduling/job_graph.hpp"

namespace neusemslice {

/// RQ2 (paper section 5.3, Table 4): iterated pruning by every method, from the trained model and from the most
/// compressed semantic slice that loses little (a choose job).
///
///   small: neusemslice run configs/suites/rq2-small.yaml
///   full:  neusemslice run configs/suites/rq2.yaml
JobGraph rq2_jobs(const SuiteConfig& suite, DatasetCache& datasets);

}  // namespace neusemslice
