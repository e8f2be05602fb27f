#pragma once

#include "config/suite.hpp"
#include "data/dataset_cache.hpp"
#include "scheduling/job_graph.hpp"

namespace neusemslice {

/// RQ4 (paper section 5.5, Table 6): a model of the first task is taught the others, one after the other, by every
/// method. With slices, each step first slices the task learned before (score, scan, choose), to see which units it
/// needs. DeepArc is left out for MLPs, as in the paper.
///
///   small: neusemslice run configs/suites/rq4-small.yaml
///   full:  neusemslice run configs/suites/rq4.yaml
///   chain: neusemslice run configs/suites/rq4-chain.yaml    five tasks of two categories
JobGraph rq4_jobs(const SuiteConfig& suite, DatasetCache& datasets);

}  // namespace neusemslice
