#pragma once

#include <string>

#include "config/suite.hpp"
#include "scheduling/job_data.hpp"

namespace neusemslice {

/// Attacks a trained model by every attack: on `samples` training images, which are retrained on, and on as many test
/// images (method.md section 7). Leaves adversarial.safetensors.
std::string add_attack_job(JobGraph& graph, const std::string& train, const AttackConfig& attack,
                           const ReadaptConfig& config);

JobOutput run_attack_job(JobData& data, const Job& job, const JobContext& context);

inline constexpr const char* kAdversarialFile = "adversarial.safetensors";

}  // namespace neusemslice
