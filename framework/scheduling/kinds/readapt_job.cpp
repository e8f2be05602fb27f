#include "scheduling/kinds/readapt_job.hpp"

#include <algorithm>

#include "core/files.hpp"
#include "core/random.hpp"
#include "maintenance/adversarial_samples.hpp"
#include "maintenance/trainable_part.hpp"
#include "models/weights.hpp"
#include "scheduling/job_parameters.hpp"
#include "scheduling/kinds/attack_job.hpp"
#include "slicing/slice_file.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 4;

/// The attacked training images and their twins, both as sets of their own.
struct Samples {
  LabelledImages benign;
  LabelledImages adversarial;
};

Samples samples_of(const Job& job, const TrainedModel& model, const JobContext& context) {
  const AdversarialSamples file =
      read_adversarial(context.inputs.path(job.inputs.at(1), kAdversarialFile), "training", *model.dataset);
  Samples samples{images_at(model.dataset->training, file.positions), {}};
  samples.adversarial.images = file.by_attack.at(job.parameters.at("attack"));
  samples.adversarial.labels = samples.benign.labels;
  return samples;
}

/// DeepArc's: those that the setting lists, else those that the attacks were found to break.
TrainableParameters deeparc_layers(const Job& job, const TrainedModel& model, const JobContext& context) {
  std::vector<std::string> names = job.parameters.at("critical_layers");
  if (names.empty()) {
    names = nlohmann::json::parse(read_file(context.inputs.path(job.inputs.at(1), kCriticalLayersFile)));
  }
  return trainable_layers(model.network, names);
}

TrainableParameters trainable_of(const Job& job, const TrainedModel& model, const JobContext& context) {
  const std::string method = job.parameters.at("method");
  if (method == "full") return train_everything(model.network);
  if (method == "deeparc") return deeparc_layers(job, model, context);
  const Slice slice = read_slice(context.inputs.path(job.inputs.at(2), kSliceFile), model.units);
  const TrainableParameters critical = trainable_slice(model.network, model.units, slice.kept);
  return method == "slice" ? critical : in_both(critical, deeparc_layers(job, model, context));
}

std::int64_t correct_of(const Network& network, const TrainedModel& model, const LabelledImages& images) {
  return evaluate(network, images, model.dataset->normalisation, model.dataset->categories()).total_correct();
}

/// New adversarial samples, made of test images against the retrained model.
LabelledImages reattacked(const Job& job, const Network& network, const TrainedModel& model,
                          const JobContext& context) {
  const auto file = read_adversarial(context.inputs.path(job.inputs.at(1), kAdversarialFile), "test", *model.dataset);
  LabelledImages images = images_at(model.dataset->test, file.positions);
  LabelledImages attacked;
  attacked.images = attacked_pixels(network, model.dataset->normalisation, images, job.parameters.at("attack"),
                                    attack_from(job.parameters.at("attack_options")),
                                    derived_seed(static_cast<std::uint64_t>(job.seed), "re-attack"));
  attacked.labels = images.labels;
  return attacked;
}

/// One step of a copy: the first of its kind in a process also pays for loading kernels and for memory, which is no
/// part of the times that are compared.
void take_first_step(const TrainedModel& model, const Dataset& retrained, const Samples& samples, RecipeConfig recipe,
                     const TrainableParameters& trainable) {
  Network copy = model.network.clone();
  recipe.epochs = 1;
  const std::int64_t count = std::min(recipe.batch_size, samples.benign.size());
  train(copy, retrained, {at::arange(count, at::kLong), at::empty({0}, at::kLong)}, recipe, 0, trainable,
        {.twins = &samples.adversarial});
}

}  // namespace

std::string add_readapt_job(JobGraph& graph, const SettingConfig& setting, const std::string& train,
                            const std::string& attack_job, const std::string& choose, const std::string& method,
                            const std::string& attack, const ReadaptConfig& config) {
  const RecipeConfig recipe = fine_tuning(setting.recipe, config.epochs, setting.readapt_learning_rate_factor);
  nlohmann::json parameters = {
      {"method", method}, {"attack", attack}, {"attack_options", to_json(setting.attack)}, {"recipe", to_json(recipe)}};
  if (method == "deeparc" || method == "both") {
    parameters["critical_layers"] = setting.critical_layers;
  }
  std::vector<std::string> inputs = {train, attack_job};
  if (!choose.empty()) inputs.push_back(choose);
  const Job& model = graph.at(train);
  return graph.add("readapt", kVersion, model.setting, model.seed, parameters, inputs);
}

JobOutput run_readapt_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel& model = data.trained(job.inputs.at(0), context.inputs);
  const Samples samples = samples_of(job, model, context);
  Network network = model.network.clone();
  const TrainableParameters trainable = trainable_of(job, model, context);

  Dataset retrained{.name = model.dataset->name, .category_names = model.dataset->category_names};
  retrained.training = samples.benign;
  retrained.normalisation = model.dataset->normalisation;
  const TrainingSplit everything{at::arange(samples.benign.size(), at::kLong), at::empty({0}, at::kLong)};
  const RecipeConfig recipe = recipe_from(job.parameters.at("recipe"));
  const std::uint64_t seed = derived_seed(static_cast<std::uint64_t>(job.seed), "readapt");
  take_first_step(model, retrained, samples, recipe, trainable);
  const TrainingRecord record =
      train(network, retrained, everything, recipe, seed, trainable,
            {.twins = &samples.adversarial, .checkpoint = context.checkpoint, .identity = job.key});

  const LabelledImages again = reattacked(job, network, model, context);
  JobOutput output{.earlier_seconds = record.earlier_seconds};
  output.rows.readaptation = {.attack = job.parameters.at("attack"),
                              .method = job.parameters.at("method"),
                              .trained_parameters = trainable_count(network, trainable),
                              .parameters = parameter_count(network.architecture),
                              .samples = samples.adversarial.size(),
                              .retrained_correct = correct_of(network, model, samples.adversarial),
                              .reattack_samples = again.size(),
                              .reattacked_correct = correct_of(network, model, again),
                              .seconds = record.seconds};
  output.rows.evaluations = evaluate_both(network, model);
  output.files.push_back({kModelFile, network_bytes(network)});
  return output;
}

}  // namespace neusemslice
