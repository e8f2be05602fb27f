#pragma once

#include <string>

#include "scheduling/job_data.hpp"

namespace neusemslice {

/// The similarity curves of a scored model. Several ranks share the categories.
std::string add_scan_job(JobGraph& graph, const std::string& score, const SimilarityConfig& config);

JobOutput run_scan_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
