#pragma once

#include <vector>

#include "scheduling/job_data.hpp"
#include "scheduling/job_function.hpp"
#include "scheduling/schedule.hpp"
#include "store/job_history.hpp"

namespace neusemslice {

/// What does each kind of job (scheduling/kinds/). `data` must outlive the functions.
JobFunctions job_functions(JobData& data);

/// What each job is expected to take, by what such jobs took before (else a rough guess), and among how many ranks it
/// can be divided: score, scan and slice by categories.
std::vector<JobEstimate> estimate_jobs(const JobGraph& graph, const JobCosts& costs, DatasetCache& datasets);

}  // namespace neusemslice
