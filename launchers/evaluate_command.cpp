// neusemslice evaluate: test accuracy of a model, whole or masked to a slice.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "maintenance/restructure.hpp"
#include "program.hpp"
#include "slicing/slice_file.hpp"
#include "training/evaluation.hpp"
#include "user_model.hpp"

namespace neusemslice {
namespace {

struct EvaluateOptions {
  UserModelOptions user;
  std::string slice;
};

void print_table(const Evaluation& result, const Dataset& dataset) {
  fmt::print("{:<16} {:>8} {:>8} {:>9}\n", "category", "samples", "correct", "accuracy");
  for (std::size_t c = 0; c < result.samples.size(); ++c) {
    const double share = result.samples[c] == 0
                             ? 0.0
                             : 100.0 * static_cast<double>(result.correct[c]) / static_cast<double>(result.samples[c]);
    fmt::print("{:<16} {:>8} {:>8} {:>7.2f} %\n", dataset.category_names[c], result.samples[c], result.correct[c],
               share);
  }
  fmt::print("{:<16} {:>8} {:>8} {:>7.2f} %\n", "all", result.total_samples(), result.total_correct(),
             100 * result.accuracy());
}

ExitCode evaluate_model(const EvaluateOptions& options, bool json) {
  const UserModel user = load_user_model(options.user);
  TapMasks masks;
  if (!options.slice.empty()) {
    masks = masks_of(user.units, read_slice(options.slice, user.units).kept, user.network.device());
  }
  const Evaluation result =
      evaluate(user.network, user.dataset.test, user.dataset.normalisation, user.dataset.categories(), {}, masks);
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"schema", "neusemslice.evaluate/1"},
                                      {"accuracy", result.accuracy()},
                                      {"samples", result.samples},
                                      {"correct", result.correct},
                                      {"parameters", parameter_count(user.network.architecture)}}
                           .dump());
  } else {
    print_table(result, user.dataset);
  }
  return ExitCode::done;
}

}  // namespace

void add_evaluate_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* command = app.add_subcommand("evaluate", "Test accuracy of a model, whole or masked to a slice");
  command->footer(
      "Example:\n  neusemslice evaluate --model mlp --weights model.safetensors --dataset mnist --slice "
      "OUT/slice.json");
  add_user_model_options(*command, options->user);
  command->add_option("--slice", options->slice, "Keep only these units (slice.json)");
  command->callback(
      [options, &program] { program.action = [options, &program] { return evaluate_model(*options, program.json); }; });
}

}  // namespace neusemslice
