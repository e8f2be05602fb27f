#include "scheduling/kinds/train_job.hpp"

#include "core/error.hpp"
#include "core/hash.hpp"
#include "models/weights.hpp"
#include "models/zoo.hpp"
#include "scheduling/job_parameters.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 1;  // counted up when what is computed changes, so that old results are not taken for new ones

/// Where the job finds its starting weights, once they are seen to be those it was made for.
WeightsConfig starting_weights(const Job& job) {
  if (!job.parameters.contains("weights")) return {};
  const nlohmann::json& weights = job.parameters.at("weights");
  const std::string file = job.places.at("weights");
  require_input(sha256_file(file) == weights.at("sha256"), "{}: the file has changed since the run began", file);
  return {.file = file, .new_head = weights.at("new_head")};
}

}  // namespace

std::string add_train_job(JobGraph& graph, const SettingConfig& setting, const Dataset& dataset,
                          std::int64_t validation_percent, std::int64_t seed, const Categories& categories) {
  make_architecture(setting.model, dataset.image_shape(), dataset.categories());  // what does not fit, fits never
  nlohmann::json parameters = {{"model", to_json(setting.model)},
                               {"dataset", dataset.name},
                               {"data", dataset.fingerprint},
                               {"recipe", to_json(setting.recipe)},
                               {"validation_percent", validation_percent}};
  if (!categories.empty()) parameters["categories"] = categories;
  if (setting.weights.file.empty()) return graph.add("train", kVersion, setting.name, seed, parameters, {});
  parameters["weights"] = {{"sha256", sha256_file(setting.weights.file)}, {"new_head", setting.weights.new_head}};
  return graph.add("train", kVersion, setting.name, seed, parameters, {}, {{"weights", setting.weights.file}});
}

JobOutput run_train_job(JobData& data, const Job& job, const JobContext& context) {
  TrainedModel model = data.untrained(job);
  const auto seed = static_cast<std::uint64_t>(job.seed);
  model.network = starting_network(model.network.architecture, starting_weights(job), seed).to(data.device());
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
