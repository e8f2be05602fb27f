// neusemslice attack: adversarial samples of the user's own model, to be retrained on.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "core/random.hpp"
#include "maintenance/adversarial_samples.hpp"
#include "program.hpp"
#include "training/evaluation.hpp"
#include "user_model.hpp"

namespace neusemslice {
namespace {

struct AttackCommandOptions {
  UserModelOptions user;
  std::string attack = "fgsm";
  double epsilon = 0.1;
  AttackConfig config;
  std::optional<std::int64_t> target;
  std::int64_t samples = 1000;
  std::uint64_t seed = 0;
  std::string out;
};

struct AttackedSplit {
  AdversarialSamples samples;
  double accuracy = 0;
  double attacked_accuracy = 0;
  double taken_for_target = 0;  ///< share of the attacked images; without a target 0
};

/// The images that may be attacked: all, or those that are not of the target's category.
at::Tensor candidates(const AttackCommandOptions& options, const LabelledImages& images) {
  if (!options.target) return at::arange(images.size(), at::kLong);
  return images.labels.ne(*options.target).nonzero().squeeze(1);
}

AttackedSplit attack_split(const AttackCommandOptions& options, const UserModel& user, const std::string& split,
                           const LabelledImages& images) {
  const auto accuracy = [&](const LabelledImages& of) {
    return evaluate(user.network, of, user.dataset.normalisation, user.dataset.categories()).accuracy();
  };
  AttackedSplit result;
  result.samples.positions =
      drawn_positions(candidates(options, images), options.samples, options.seed, "adversarial samples/" + split);
  require_input(result.samples.positions.numel() > 0, "--target {}: no {} image is of another category",
                options.target.value_or(0), split);
  LabelledImages chosen = images_at(images, result.samples.positions);
  result.accuracy = accuracy(chosen);
  LabelledImages attacked;
  attacked.images = attacked_pixels(user.network, user.dataset.normalisation, chosen, options.attack, options.config,
                                    derived_seed(options.seed, "attack/" + split), options.target);
  attacked.labels = chosen.labels;
  result.attacked_accuracy = accuracy(attacked);
  if (options.target) {
    result.taken_for_target = accuracy({attacked.images, at::full_like(chosen.labels, *options.target)});
  }
  result.samples.by_attack.emplace(options.attack, attacked.images);
  return result;
}

ExitCode attack_model(AttackCommandOptions options, bool json) {
  options.config.fgsm_epsilon = options.epsilon;
  options.config.pgd_epsilon = options.epsilon;
  const UserModel user = load_user_model(options.user);
  if (options.target) check_categories("--target", {*options.target}, user.dataset);
  const AttackedSplit training = attack_split(options, user, "training", user.dataset.training);
  const AttackedSplit test = attack_split(options, user, "test", user.dataset.test);
  write_file_atomically(options.out, adversarial_bytes(training.samples, test.samples, user.dataset.fingerprint));
  if (json) {
    nlohmann::json document = {{"schema", "neusemslice.attack/1"},
                               {"adversarial", options.out},
                               {"attack", options.attack},
                               {"epsilon", options.epsilon},
                               {"training_accuracy", training.accuracy},
                               {"training_attacked_accuracy", training.attacked_accuracy},
                               {"test_accuracy", test.accuracy},
                               {"test_attacked_accuracy", test.attacked_accuracy}};
    if (options.target) {
      document.update({{"target", *options.target},
                       {"training_taken_for_target", training.taken_for_target},
                       {"test_taken_for_target", test.taken_for_target}});
    }
    fmt::print("{}\n", document.dump());
    return ExitCode::done;
  }
  const auto print = [&](const char* split, const AttackedSplit& result) {
    const std::string target = options.target ? fmt::format(", {:.2f} % taken for {}", 100 * result.taken_for_target,
                                                            user.dataset.category_names.at(*options.target))
                                              : "";
    fmt::print("  {} {} images: {:.2f} % right, attacked {:.2f} %{}\n", result.samples.positions.numel(), split,
               100 * result.accuracy, 100 * result.attacked_accuracy, target);
  };
  fmt::print("{}: {} within {} of the pixel range\n", options.out, options.attack, options.epsilon);
  print("training", training);
  print("test", test);
  return ExitCode::done;
}

}  // namespace

void add_attack_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<AttackCommandOptions>();
  CLI::App* command = app.add_subcommand("attack", "Make adversarial samples of your own model");
  command->footer(
      "Example:\n  neusemslice attack --model mlp --weights model.safetensors --dataset mnist --attack pgd --epsilon "
      "0.1 --step 0.02 --out adversarial.safetensors");
  add_user_model_options(*command, options->user);
  command->add_option("--attack", options->attack, "One step (fgsm), or many with projections (pgd)")
      ->check(CLI::IsMember({"fgsm", "pgd"}))
      ->capture_default_str();
  command->add_option("--epsilon", options->epsilon, "The bound, as a share of the pixel range")
      ->check(CLI::Range(0.0, 1e3))
      ->capture_default_str();
  command->add_option("--norm", options->config.norm, "The norm of the bound")
      ->check(CLI::IsMember({"infinity", "two"}))
      ->capture_default_str();
  command->add_option("--step", options->config.pgd_step, "pgd: how far one iteration moves")
      ->check(CLI::Range(0.0, 1e3))
      ->capture_default_str();
  command->add_option("--iterations", options->config.pgd_iterations, "pgd: how many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("!--no-random-start", options->config.random_start, "pgd: start from the images themselves");
  command->add_option("--target", options->target,
                      "Make the model see this category, a number; images of it are left out");
  command->add_option("--samples", options->samples, "Training images, and test images, to attack")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Which images, and pgd's start")->capture_default_str();
  command->add_option("--out", options->out, "File for the samples (safetensors)")->required();
  command->callback(
      [options, &program] { program.action = [options, &program] { return attack_model(*options, program.json); }; });
}

}  // namespace neusemslice
