#pragma once

#include <string>

#include "baselines/layer_similarity.hpp"
#include "scheduling/job_data.hpp"

namespace neusemslice {

/// DeepArc on a trained model (baselines/): which layers are alike, which of them are redundant, and the accuracy
/// without those. Sewing layers, where widths do not fit, train for `config.sewing_epochs` epochs of the model's recipe
/// with everything else frozen.
std::string add_deeparc_job(JobGraph& graph, const std::string& train, const DeepArcConfig& config);

/// How alike the model's layers are on images of its own categories; `parameters` are the job's.
LayerSimilarity compare_layers(const TrainedModel& model, const nlohmann::json& parameters, std::uint64_t seed);

JobOutput run_deeparc_job(JobData& data, const Job& job, const JobContext& context);

}  // namespace neusemslice
