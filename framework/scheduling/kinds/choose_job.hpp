#pragma once

#include <string>

#include "scheduling/job_data.hpp"

namespace neusemslice {

/// The most compressed semantic slice, by any metric that `score` has, that loses at most `tolerance` points of the
/// trained model's validation accuracy (method.md section 7); `interval` is Algorithm 1's i. What it leaves is what a
/// slice job leaves, and the slice's accuracy.
std::string add_choose_job(JobGraph& graph, double tolerance, std::int64_t interval, const std::string& score,
                           const std::string& scan);

JobOutput run_choose_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
