#pragma once

#include <string>

#include "scheduling/job_data.hpp"

namespace neusemslice {

/// A slice by one strategy and metric at one level; `scan` is empty for the strategies that need none. Several ranks
/// share the categories.
std::string add_slice_job(JobGraph& graph, const std::string& strategy, const std::string& metric, double level,
                          std::int64_t interval, const std::string& score, const std::string& scan);

/// What a slice keeps and what that leaves of a model.
SliceRow slice_row(const Slice& slice, const TrainedModel& model);

JobOutput run_slice_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
