#include "scheduling/kinds/score_job.hpp"

#include "contribution/score_file.hpp"
#include "models/safetensors.hpp"
#include "parallel/together.hpp"
#include "scheduling/job_parameters.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 2;

}  // namespace

std::string add_score_job(JobGraph& graph, const std::string& train, const ContributionConfig& config) {
  const Job& model = graph.at(train);
  return graph.add("score", kVersion, model.setting, model.seed, to_json(config), {train});
}

JobOutput run_score_job(JobData& data, const Job& job, const JobContext& context) {
  const ContributionConfig config = contribution_from(job.parameters);
  const TrainedModel* model = nullptr;
  together(context.communicator, [&] { model = &data.trained(job.inputs.at(0), context.inputs); });
  const Scores result =
      score_contributions(model->network, model->units, model->dataset->training, model->dataset->normalisation,
                          model->positions_by_category(config.samples_per_category), config, context.communicator);
  // float64: the order of units whose scores are nearly equal must be that of the pass itself.
  return {.files = {{kScoreFile, safetensors_bytes(score_tensors(result, at::kDouble))}}};
}

}  // namespace neusemslice
