#pragma once

#include <string>

#include "scheduling/job_data.hpp"

namespace neusemslice {

/// What each metric costs alone, and all in one pass, in seconds: the median of three.
std::string add_time_metrics_job(JobGraph& graph, const std::string& train, const ContributionConfig& config);

JobOutput run_time_metrics_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
