// neusemslice restructure: remove what a slice does not keep, check the result against the mask, save the smaller
// model and its description.
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "core/text.hpp"
#include "maintenance/restructure.hpp"
#include "models/architecture_file.hpp"
#include "models/weights.hpp"
#include "program.hpp"
#include "slicing/slice_file.hpp"
#include "training/evaluation.hpp"
#include "user_model.hpp"

namespace neusemslice {
namespace {

constexpr double kTolerance = 1e-4;            // relative, method.md section 5
constexpr std::int64_t kCheckedImages = 1000;  // at most

struct RestructureOptions {
  UserModelOptions user;
  std::string slice;
  std::string out;
};

/// Largest difference of the logits relative to their largest value, on the first test images.
double difference_to_mask(const UserModel& user, const KeptUnits& kept, const Network& shrunken) {
  at::NoGradGuard no_grad;
  const std::int64_t count = std::min(kCheckedImages, evaluation_batch(user.network.architecture));
  const at::Tensor some = at::arange(std::min(count, user.dataset.test.size()));
  const at::Tensor batch =
      gather_images(user.dataset.test.images, some, user.dataset.normalisation, user.network.device());
  const at::Tensor masked = forward(user.network, batch, masks_of(user.units, kept, user.network.device()));
  const at::Tensor difference = (forward(shrunken, batch) - masked).abs().max();
  return difference.item<double>() / std::max(masked.abs().max().item<double>(), 1e-30);
}

/// Beside the weights: small.safetensors and small.yaml.
std::filesystem::path description_path(const std::string& out) {
  const std::filesystem::path path = std::filesystem::path(out).replace_extension(".yaml");
  require_input(path != out, "--out: {} is the name of the description that is written beside the weights", out);
  return path;
}

/// A smaller network's files must not replace those it was made of: the larger one could not be loaded again.
void refuse_to_replace_inputs(const RestructureOptions& options, const std::filesystem::path& description) {
  for (const std::filesystem::path& output : {std::filesystem::path(options.out), description}) {
    for (const std::string& input : {options.user.model, options.user.weights, options.slice}) {
      std::error_code none;  // equivalent complains where neither exists
      require_input(!std::filesystem::equivalent(output, input, none),
                    "--out {}: it would replace {}; choose another name", options.out, input);
    }
  }
}

/// The command that loads the smaller model again.
std::string command_to_load(const RestructureOptions& options, const std::filesystem::path& description) {
  std::string command =
      fmt::format("neusemslice evaluate --model {} --weights {} --dataset {}", shell_word(description.string()),
                  shell_word(options.out), shell_word(options.user.dataset));
  const std::string& data_dir = options.user.compute.data_dir;
  if (!data_dir.empty()) command += fmt::format(" --data-dir {}", shell_word(data_dir));
  return command;
}

ExitCode restructure(const RestructureOptions& options, bool json) {
  const std::filesystem::path description = description_path(options.out);
  refuse_to_replace_inputs(options, description);
  const UserModel user = load_user_model(options.user);
  const Slice slice = read_slice(options.slice, user.units);
  const Network shrunken = shrink(user.network, user.units, slice.kept);
  const double difference = difference_to_mask(user, slice.kept, shrunken);
  if (!(difference <= kTolerance)) {  // nor where it is no number
    throw CheckError(
        fmt::format("{}: the shrunken model's logits differ from the masked model's by {:.2e} (allowed {:.0e}); "
                    "nothing was written",
                    options.slice, difference, kTolerance));
  }
  const std::int64_t before = parameter_count(user.network.architecture);
  const std::int64_t after = parameter_count(shrunken.architecture);
  const double accuracy =
      evaluate(shrunken, user.dataset.test, user.dataset.normalisation, user.dataset.categories()).accuracy();
  write_files_atomically(
      {{options.out, network_bytes(shrunken)}, {description, architecture_text(shrunken.architecture)}});
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"schema", "neusemslice.restructure/1"},
                                      {"weights", options.out},
                                      {"description", description.string()},
                                      {"parameters_before", before},
                                      {"parameters_after", after},
                                      {"compression_rate", compression_rate(after, before)},
                                      {"accuracy_after", accuracy},
                                      {"difference_to_mask", difference}}
                           .dump());
    return ExitCode::done;
  }
  fmt::print(
      "{}: {} of {} parameters ({:.2f} % removed), test accuracy {:.2f} %; logits equal the masked model's within "
      "{:.1e}\n  {}\n",
      options.out, after, before, 100 * compression_rate(after, before), 100 * accuracy, difference,
      command_to_load(options, description));
  return ExitCode::done;
}

}  // namespace

void add_restructure_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<RestructureOptions>();
  CLI::App* command =
      app.add_subcommand("restructure", "Remove the units a slice does not keep and save the smaller model");
  command->footer(
      "Example:\n  neusemslice restructure --model mlp --weights model.safetensors --dataset mnist --slice "
      "OUT/slice.json --out small.safetensors\n"
      "writes small.safetensors and small.yaml, its description, which --model takes.");
  add_user_model_options(*command, options->user);
  command->add_option("--slice", options->slice, "Units to keep (slice.json)")->required();
  command->add_option("--out", options->out, "File for the smaller model (safetensors)")->required();
  command->callback(
      [options, &program] { program.action = [options, &program] { return restructure(*options, program.json); }; });
}

}  // namespace neusemslice
