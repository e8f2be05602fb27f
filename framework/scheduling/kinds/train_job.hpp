#pragma once

#include <string>

#include "scheduling/job_data.hpp"

namespace neusemslice {

/// One model of a setting, of some `categories` alone where they are given. Leaves model.safetensors, its epochs and
/// its accuracy.
std::string add_train_job(JobGraph& graph, const SettingConfig& setting, const Dataset& dataset,
                          std::int64_t validation_percent, std::int64_t seed, const Categories& categories = {});

JobOutput run_train_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
