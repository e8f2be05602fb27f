#include "scheduling/kinds/scan_job.hpp"

#include "models/safetensors.hpp"
#include "parallel/together.hpp"
#include "similarity/curve_file.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 1;

}  // namespace

std::string add_scan_job(JobGraph& graph, const std::string& score, const SimilarityConfig& config) {
  const Job& scores = graph.at(score);
  // memory_mb bounds the work, it does not change the result.
  const nlohmann::json parameters = {{"samples_per_category", config.samples_per_category},
                                     {"centered", config.centered},
                                     {"features", config.features}};
  return graph.add("scan", kVersion, scores.setting, scores.seed, parameters, {scores.inputs.at(0), score});
}

JobOutput run_scan_job(JobData& data, const Job& job, const JobContext& context) {
  SimilarityConfig config;
  config.samples_per_category = job.parameters.at("samples_per_category");
  config.centered = job.parameters.at("centered");
  config.features = job.parameters.at("features");
  config.memory_mb = data.scan_memory_mb();
  const TrainedModel* model = nullptr;
  const Scores* scores = nullptr;
  together(context.communicator, [&] {
    model = &data.trained(job.inputs.at(0), context.inputs);
    scores = &data.scores(job.inputs.at(1), context.inputs);
  });
  const SimilarityCurves curves = scan_similarities(
      model->network, model->units, model->dataset->training, model->dataset->normalisation,
      model->positions_by_category(config.samples_per_category), *scores, config, context.communicator);
  return {.files = {{kCurveFile, safetensors_bytes(curve_tensors(curves, at::kDouble))}}};
}

}  // namespace neusemslice
