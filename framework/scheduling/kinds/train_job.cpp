#include "scheduling/kinds/train_job.hpp"

#include "models/weights.hpp"
#include "scheduling/job_parameters.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 1;  // counted up when what is computed changes, so that old results are not taken for new ones

}  // namespace

std::string add_train_job(JobGraph& graph, const SettingConfig& setting, const Dataset& dataset,
                          std::int64_t validation_percent, std::int64_t seed) {
  const nlohmann::json parameters = {{"model", to_json(setting.model)},
                                     {"dataset", dataset.name},
                                     {"data", dataset.fingerprint},
                                     {"recipe", to_json(setting.recipe)},
                                     {"validation_percent", validation_percent}};
  return graph.add("train", kVersion, setting.name, seed, parameters, {});
}

JobOutput run_train_job(JobData& data, const Job& job, const JobContext& context) {
  TrainedModel model = data.untrained(job);
  const auto seed = static_cast<std::uint64_t>(job.seed);
  model.network = make_network(model.network.architecture, seed).to(data.device());
  const TrainingRecord record =
      train(model.network, *model.dataset, model.split, recipe_from(job.parameters.at("recipe")), seed,
            train_everything(model.network), {.checkpoint = context.checkpoint, .identity = job.key});
  JobOutput output{.earlier_seconds = record.earlier_seconds};
  for (const EpochRecord& epoch : record.epochs) {
    output.rows.epochs.push_back(
        {epoch.epoch, epoch.learning_rate, epoch.training_loss, epoch.training_accuracy, epoch.validation_accuracy});
  }
  output.rows.evaluations = evaluate_both(model.network, model);
  output.files.push_back({kModelFile, network_bytes(model.network)});
  return output;
}

}  // namespace neusemslice
