#pragma once

#include <string>

#include "config/suite.hpp"
#include "scheduling/job_data.hpp"

namespace neusemslice {

/// Retrains a model on adversarial samples and the images they were made of (method.md section 7): L = CE(x) + CE(adv
/// x) over the parameters that `method` selects. `choose` is empty for the methods that need no slice.
std::string add_readapt_job(JobGraph& graph, const SettingConfig& setting, const std::string& train,
                            const std::string& attack_job, const std::string& choose, const std::string& method,
                            const std::string& attack, const ReadaptConfig& config);

JobOutput run_readapt_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
