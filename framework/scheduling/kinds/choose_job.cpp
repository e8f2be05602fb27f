#include "scheduling/kinds/choose_job.hpp"

#include "core/stop.hpp"
#include "maintenance/restructure.hpp"
#include "scheduling/job_parameters.hpp"
#include "scheduling/kinds/slice_job.hpp"
#include "slicing/slice_choice.hpp"
#include "slicing/slice_file.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 1;

double validation_accuracy(const TrainedModel& model, const TapMasks& masks) {
  const Dataset& dataset = *model.dataset;
  return evaluate(model.network, dataset.training, dataset.normalisation, dataset.categories(), model.split.validation,
                  masks)
      .accuracy();
}

}  // namespace

std::string add_choose_job(JobGraph& graph, double tolerance, std::int64_t interval, const std::string& score,
                           const std::string& scan) {
  const Job& scores = graph.at(score);
  const nlohmann::json parameters = {
      {"tolerance", tolerance}, {"interval", interval}, {"metrics", scores.parameters.at("metrics")}};
  return graph.add("choose", kVersion, scores.setting, scores.seed, parameters, {scores.inputs.at(0), score, scan});
}

JobOutput run_choose_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel& model = data.trained(job.inputs.at(0), context.inputs);
  const Scores& scores = data.scores(job.inputs.at(1), context.inputs);
  const SimilarityCurves& curves = data.curves(job.inputs.at(2), context.inputs);
  const double least = least_accuracy(validation_accuracy(model, {}), job.parameters.at("tolerance"));
  const Slice chosen = choose_slice(
      model.units, scores, curves,
      {.metrics = job.parameters.at("metrics"),
       .interval = job.parameters.at("interval"),
       .parameters =
           [&](const Slice& slice) {
             return parameter_count(shrunken_architecture(model.network.architecture, model.units, slice.kept));
           },
       .holds =
           [&](const Slice& slice) {
             throw_if_stopped();
             const TapMasks masks = masks_of(model.units, slice.kept, model.network.device());
             return validation_accuracy(model, masks) >= least;
           }});
  JobOutput output;
  output.rows.slice = slice_row(chosen, model);
  output.rows.evaluations = evaluate_both(shrink(model.network, model.units, chosen.kept), model);
  output.files.push_back({kSliceFile, slice_to_json(chosen).dump() + "\n"});
  return output;
}

}  // namespace neusemslice
