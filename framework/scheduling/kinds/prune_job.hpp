#pragma once

#include <string>

#include "config/suite.hpp"
#include "scheduling/job_data.hpp"

namespace neusemslice {

/// Iterated pruning of a trained model by one method, from the whole model (`choose` empty) or from the slice that a
/// choose job left (method.md section 7).
std::string add_prune_job(JobGraph& graph, const std::string& train, const std::string& choose,
                          const std::string& method, double rate, const PruningConfig& config);

JobOutput run_prune_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
