#pragma once

#include "config/suite.hpp"
#include "data/dataset_cache.hpp"
#include "scheduling/job_graph.hpp"

namespace neusemslice {

/// RQ3 (paper section 5.4, Table 5): adversarial samples by every attack, and retraining on them by every method; the
/// critical units are those of the most compressed semantic slice within the tolerance (a choose job).
///
///   small: neusemslice run configs/suites/rq3-small.yaml
///   full:  neusemslice run configs/suites/rq3.yaml
JobGraph rq3_jobs(const SuiteConfig& suite, DatasetCache& datasets);

}  // namespace neusemslice
