#pragma once

#include <string>

#include "scheduling/job_data.hpp"

namespace neusemslice {

/// The accuracy of a model shrunk to a slice.
std::string add_restructure_job(JobGraph& graph, const std::string& train, const std::string& slice);

JobOutput run_restructure_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
