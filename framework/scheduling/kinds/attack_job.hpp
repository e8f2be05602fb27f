#pragma once

#include <string>

#include "config/suite.hpp"
#include "scheduling/job_data.hpp"

namespace neusemslice {

/// Attacks a trained model by every attack: on `samples` training images, which are retrained on, and on as many test
/// images (method.md section 7). Leaves adversarial.safetensors; where the setting does not list DeepArc's layers, also
/// critical_layers.json: the layers that lose most similarity between the training images and their twins, over all
/// attacks.
std::string add_attack_job(JobGraph& graph, const SettingConfig& setting, const std::string& train,
                           const ReadaptConfig& config);

JobOutput run_attack_job(JobData& data, const Job& job, const JobContext& context);

inline constexpr const char* kAdversarialFile = "adversarial.safetensors";
inline constexpr const char* kCriticalLayersFile = "critical_layers.json";

}  // namespace neusemslice
