// neusemslice readapt: retrain the critical part of the user's own model on adversarial samples.
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "core/random.hpp"
#include "maintenance/adversarial_samples.hpp"
#include "maintenance/trainable_part.hpp"
#include "models/weights.hpp"
#include "program.hpp"
#include "scheduling/job_parameters.hpp"
#include "slicing/slice_file.hpp"
#include "training/trainer.hpp"
#include "user_model.hpp"

namespace neusemslice {
namespace {

struct ReadaptOptions {
  UserModelOptions user;
  std::string adversarial;
  std::string attack;
  std::string slice;
  std::vector<std::string> layers;
  RecipeConfig recipe{.learning_rate = 1e-4, .epochs = 20};
  std::uint64_t seed = 0;
  std::string out;
};

TrainableParameters trainable_of(const ReadaptOptions& options, const UserModel& user) {
  TrainableParameters trainable = train_everything(user.network);
  if (!options.slice.empty()) {
    trainable = trainable_slice(user.network, user.units, read_slice(options.slice, user.units).kept);
  }
  return options.layers.empty() ? trainable : in_both(trainable, trainable_layers(user.network, options.layers));
}

/// The attacked training images: benign, and what the attack made of them.
std::pair<LabelledImages, LabelledImages> samples_of(const ReadaptOptions& options, const UserModel& user) {
  const AdversarialSamples file = read_adversarial(options.adversarial, "training", user.dataset);
  require_input(!options.attack.empty() || file.by_attack.size() == 1,
                "{}: it holds samples of {} attacks; --attack says which are retrained on", options.adversarial,
                file.by_attack.size());
  const auto attacked = options.attack.empty() ? file.by_attack.begin() : file.by_attack.find(options.attack);
  require_input(attacked != file.by_attack.end(), "{}: it holds no samples of --attack {}", options.adversarial,
                options.attack);
  LabelledImages benign = images_at(user.dataset.training, file.positions);
  LabelledImages adversarial;
  adversarial.images = attacked->second;
  adversarial.labels = benign.labels;
  return {std::move(benign), std::move(adversarial)};
}

std::string identity_of(const ReadaptOptions& options, const UserModel& user) {
  return training_identity(options.user, user, options.recipe, options.seed,
                           {{"adversarial", sha256_file(options.adversarial)},
                            {"attack", options.attack},
                            {"slice", options.slice.empty() ? "" : sha256_file(options.slice)},
                            {"layers", options.layers}});
}

struct Accuracies {
  double adversarial = 0;
  double test = 0;
};

Accuracies accuracies_of(const Network& network, const UserModel& user, const LabelledImages& adversarial) {
  const auto accuracy = [&](const LabelledImages& images) {
    return evaluate(network, images, user.dataset.normalisation, user.dataset.categories()).accuracy();
  };
  return {accuracy(adversarial), accuracy(user.dataset.test)};
}

ExitCode readapt(const ReadaptOptions& options, bool json) {
  const UserModel user = load_user_model(options.user);
  const auto [benign, adversarial] = samples_of(options, user);
  const TrainableParameters trainable = trainable_of(options, user);
  const Accuracies before = accuracies_of(user.network, user, adversarial);
  Network network = user.network.clone();
  Dataset retrained{.name = user.dataset.name, .category_names = user.dataset.category_names};
  retrained.training = benign;
  retrained.normalisation = user.dataset.normalisation;
  const std::filesystem::path checkpoint = options.out + ".checkpoint";
  train(network, retrained, {at::arange(benign.size(), at::kLong), at::empty({0}, at::kLong)}, options.recipe,
        derived_seed(options.seed, "readapt"), trainable,
        {.twins = &adversarial, .checkpoint = checkpoint, .identity = identity_of(options, user)});
  save_network(options.out, network);
  std::filesystem::remove(checkpoint);
  const Accuracies after = accuracies_of(network, user, adversarial);
  const double ratio = trained_parameter_ratio(network, trainable);
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"schema", "neusemslice.readapt/1"},
                                      {"weights", options.out},
                                      {"trained_parameter_ratio", ratio},
                                      {"adversarial_accuracy_before", before.adversarial},
                                      {"adversarial_accuracy_after", after.adversarial},
                                      {"test_accuracy_before", before.test},
                                      {"test_accuracy_after", after.test}}
                           .dump());
    return ExitCode::done;
  }
  fmt::print(
      "{}: {:.2f} % of the parameters retrained on {} adversarial samples and their originals\n"
      "  adversarial samples: {:.2f} % right before, {:.2f} % after\n  test images: {:.2f} % before, {:.2f} % after\n",
      options.out, 100 * ratio, adversarial.size(), 100 * before.adversarial, 100 * after.adversarial,
      100 * before.test, 100 * after.test);
  return ExitCode::done;
}

}  // namespace

void add_readapt_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<ReadaptOptions>();
  CLI::App* command =
      app.add_subcommand("readapt", "Retrain your own model on adversarial samples, or its slice alone");
  command->footer(
      "Example:\n  neusemslice readapt --model mlp --weights model.safetensors --dataset mnist --adversarial "
      "adversarial.safetensors --slice OUT/slice.json --out readapted.safetensors");
  add_user_model_options(*command, options->user);
  command->add_option("--adversarial", options->adversarial, "Samples that neusemslice attack made")->required();
  command->add_option("--attack", options->attack, "Whose samples, where the file holds those of several")
      ->check(CLI::IsMember({"fgsm", "pgd"}));
  command->add_option("--slice", options->slice, "Retrain only parameters between these units (slice.json)");
  command->add_option("--layers", options->layers, "Retrain only these layers, separated by commas")->delimiter(',');
  command->add_option("--epochs", options->recipe.epochs, "Passes over the samples")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--learning-rate", options->recipe.learning_rate, "Of Adam, constant")
      ->check(CLI::Range(1e-12, 1e3))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Order of the samples")->capture_default_str();
  command->add_option("--out", options->out, "File for the weights (safetensors)")->required();
  command->callback(
      [options, &program] { program.action = [options, &program] { return readapt(*options, program.json); }; });
}

}  // namespace neusemslice
