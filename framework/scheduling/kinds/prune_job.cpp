#include "scheduling/kinds/prune_job.hpp"

#include "baselines/iterative_pruning.hpp"
#include "core/error.hpp"
#include "maintenance/restructure.hpp"
#include "models/architecture_file.hpp"
#include "models/storage_size.hpp"
#include "models/weights.hpp"
#include "scheduling/job_parameters.hpp"
#include "slicing/slice_file.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 3;  // the rows of 2 were lost on their way to the store

Network start_of(const Job& job, const TrainedModel& model, const JobContext& context) {
  if (job.inputs.size() == 1) return model.network;
  const Slice slice = read_slice(context.inputs.path(job.inputs.at(1), kSliceFile), model.units);
  return shrink(model.network, model.units, slice.kept);
}

PruningPlan plan_of(const Job& job, const TrainedModel& model) {
  const Dataset& dataset = *model.dataset;
  const double original =
      evaluate(model.network, dataset.training, dataset.normalisation, dataset.categories(), model.split.validation)
          .accuracy();
  return {.method = pruning_method(job.parameters.at("method")),
          .rate = job.parameters.at("rate"),
          .least_validation_accuracy = least_accuracy(original, job.parameters.at("tolerance")),
          .max_iterations = job.parameters.at("max_iterations"),
          .recipe = recipe_from(job.parameters.at("recipe")),
          .seed = static_cast<std::uint64_t>(job.seed)};
}

std::string end_name(PruningEnd end) {
  switch (end) {
    case PruningEnd::accuracy:
      return "accuracy";
    case PruningEnd::iterations:
      return "iterations";
    case PruningEnd::method:
      return "method";
  }
  throw Error("no such end of a pruning");
}

PruningRow row_of(const Job& job, const TrainedModel& model, const PrunedModel& pruned) {
  const StorageSize size = storage_size(pruned.network);
  PruningRow row{.method = job.parameters.at("method"),
                 .start = job.parameters.at("start"),
                 .rate = job.parameters.at("rate"),
                 .stopped_by = end_name(pruned.end),
                 .iterations = pruned.iterations,
                 .parameters = pruned.history.at(static_cast<std::size_t>(pruned.iterations)).parameters,
                 .original_parameters = parameter_count(model.network.architecture),
                 .dense_bytes = size.dense,
                 .csr_bytes = size.csr,
                 .gzip_bytes = size.gzip};
  for (const PruningStep& step : pruned.history) {
    row.history.push_back({step.iteration, step.parameters, step.validation_accuracy, step.test_accuracy});
  }
  return row;
}

}  // namespace

std::string add_prune_job(JobGraph& graph, const std::string& train, const std::string& choose,
                          const std::string& method, double rate, const PruningConfig& config) {
  const Job& model = graph.at(train);
  const nlohmann::json parameters = {{"method", method},
                                     {"start", choose.empty() ? "model" : "slice"},
                                     {"rate", rate},
                                     {"tolerance", config.tolerance},
                                     {"max_iterations", config.max_iterations},
                                     {"recipe", to_json(fine_tuning(recipe_from(model.parameters.at("recipe")),
                                                                    config.epochs, config.learning_rate_factor))}};
  std::vector<std::string> inputs = {train};
  if (!choose.empty()) inputs.push_back(choose);
  return graph.add("prune", kVersion, model.setting, model.seed, parameters, inputs);
}

JobOutput run_prune_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel& model = data.trained(job.inputs.at(0), context.inputs);
  const PrunedModel pruned = prune_iteratively(start_of(job, model, context), *model.dataset, model.split,
                                               plan_of(job, model), {context.checkpoint, job.key});
  JobOutput output{.earlier_seconds = pruned.earlier_seconds};
  output.rows.pruning = row_of(job, model, pruned);
  output.rows.evaluations = evaluate_both(pruned.network, model);
  output.files.push_back({kModelFile, network_bytes(pruned.network)});
  output.files.push_back({"model.yaml", architecture_text(pruned.network.architecture)});
  return output;
}

}  // namespace neusemslice
