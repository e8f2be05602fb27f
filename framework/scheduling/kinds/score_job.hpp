#pragma once

#include <string>

#include "scheduling/job_data.hpp"

namespace neusemslice {

/// The contribution scores of a trained model, on its training samples. Several ranks share the categories.
std::string add_score_job(JobGraph& graph, const std::string& train, const ContributionConfig& config);

JobOutput run_score_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
