// neusemslice train: one model of a setting.
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compute_options.hpp"
#include "core/progress.hpp"
#include "models/weights.hpp"
#include "models/zoo.hpp"
#include "program.hpp"
#include "scheduling/kinds/train_job.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

struct TrainOptions {
  std::string setting;
  std::vector<std::string> overrides;
  std::int64_t seed = 0;
  std::int64_t validation_percent = 10;
  std::string weights;
  bool new_head = false;
  std::string out;
  ComputeOptions compute;
};

/// The training outlives Ctrl-C and kills beside its result: the same command continues.
TrainingOptions resumable(const TrainOptions& options, const SettingConfig& setting, const Dataset& dataset) {
  JobGraph graph;
  const std::string key = add_train_job(graph, setting, dataset, options.validation_percent, options.seed);
  return {.checkpoint = options.out + ".checkpoint", .identity = key};
}

ExitCode train_model(const TrainOptions& options, bool json) {
  SettingConfig setting = load_setting(options.setting, options.overrides);
  if (!options.weights.empty()) setting.weights = {.file = options.weights, .new_head = options.new_head};
  const at::Device device = options.compute.start();
  const Dataset dataset = load_dataset(setting.dataset, options.compute.data_folder());
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const Architecture architecture = make_architecture(setting.model, dataset.image_shape(), dataset.categories());
  Network network = starting_network(architecture, setting.weights, seed).to(device);
  const TrainingSplit split =
      split_training(dataset.training.labels, dataset.categories(), options.validation_percent, seed);
  Progress progress("train", setting.recipe.epochs, "epochs");
  progress.update(0);
  TrainingOptions training = resumable(options, setting, dataset);
  training.on_epoch = [&](const EpochRecord& epoch) {
    progress.update(epoch.epoch, fmt::format("loss {:.4f}, validation {:.2f} %", epoch.training_loss,
                                             100 * epoch.validation_accuracy));
  };
  const auto records = train(network, dataset, split, setting.recipe, seed, train_everything(network), training).epochs;
  progress.clear();
  const double accuracy = evaluate(network, dataset.test, dataset.normalisation, dataset.categories()).accuracy();
  save_network(options.out, network);
  std::filesystem::remove(training.checkpoint);
  const double validation = records.empty() ? 0.0 : records.back().validation_accuracy;
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"schema", "neusemslice.train/1"},
                                      {"weights", options.out},
                                      {"seed", options.seed},
                                      {"parameters", parameter_count(architecture)},
                                      {"validation_accuracy", validation},
                                      {"test_accuracy", accuracy}}
                           .dump());
  } else {
    fmt::print("{}: {} parameters, {} epochs, validation accuracy {:.2f} %, test accuracy {:.2f} %\n", options.out,
               parameter_count(architecture), records.size(), 100 * validation, 100 * accuracy);
  }
  return ExitCode::done;
}

}  // namespace

void add_train_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = app.add_subcommand("train", "Train one model of a setting");
  command->footer(
      "Example:\n  neusemslice train configs/settings/mlp-mnist.yaml --seed 0 --out model.safetensors -o "
      "recipe.epochs=3");
  command->add_option("setting", options->setting, "Setting file (configs/settings/*.yaml)")->required();
  command->add_option("-o,--override", options->overrides, "Change a key: recipe.epochs=3")->allow_extra_args(false);
  command->add_option("--seed", options->seed, "Seed of the split, the initial values and the order")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--validation-percent", options->validation_percent, "Share of the training set held out")
      ->check(CLI::Range(1, 50))
      ->capture_default_str();
  CLI::Option* weights =
      command->add_option("--weights", options->weights, "Start from these weights instead of the setting's");
  command->add_flag("--new-head", options->new_head, "Draw the last layer anew: WEIGHTS are for other categories")
      ->needs(weights);
  command->add_option("--out", options->out, "File for the weights (safetensors)")->required();
  add_compute_options(*command, options->compute);
  command->callback(
      [options, &program] { program.action = [options, &program] { return train_model(*options, program.json); }; });
}

}  // namespace neusemslice
