// neusemslice evaluate: test accuracy of a model, whole or masked to a slice, and how long it takes.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/tasks.hpp"
#include "latency.hpp"
#include "maintenance/restructure.hpp"
#include "program.hpp"
#include "slicing/slice_file.hpp"
#include "slicing/task_units.hpp"
#include "training/evaluation.hpp"
#include "user_model.hpp"

namespace neusemslice {
namespace {

struct EvaluateOptions {
  UserModelOptions user;
  std::string slice;
  std::string tasks;
  std::size_t task = 0;  ///< from 1; 0: none
  bool latency = false;
  std::string against_model;
  std::string against_weights;
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

std::vector<BatchLatency> latency_of(const EvaluateOptions& options, const UserModel& user) {
  if (options.against_weights.empty()) return measure_latency(user.network, nullptr, user.dataset);
  UserModelOptions other = options.user;
  other.weights = options.against_weights;
  if (!options.against_model.empty()) other.model = options.against_model;
  const Network against = load_user_network(other, user.dataset, user.network.device());
  return measure_latency(user.network, &against, user.dataset);
}

TaskUnits chosen_task(const EvaluateOptions& options, const UserModel& user) {
  const std::vector<TaskUnits> tasks = read_tasks(options.tasks, user.units, user.dataset.categories());
  require_input(1 <= options.task && options.task <= tasks.size(), "--task: {} has tasks 1 to {}, not {}",
                options.tasks, tasks.size(), options.task);
  return tasks[options.task - 1];
}

ExitCode evaluate_model(const EvaluateOptions& options, bool json) {
  const UserModel user = load_user_model(options.user);
  TapMasks masks;
  at::Tensor positions;
  if (!options.tasks.empty()) {
    const TaskUnits task = chosen_task(options, user);
    masks = masks_of(user.units, task.kept, user.network.device());
    positions = positions_of(task.categories, user.dataset.test.labels);
  }
  if (!options.slice.empty()) {
    masks = masks_of(user.units, read_slice(options.slice, user.units).kept, user.network.device());
  }
  const Evaluation result = evaluate(user.network, user.dataset.test, user.dataset.normalisation,
                                     user.dataset.categories(), positions, masks);
  std::vector<BatchLatency> latencies;
  if (options.latency) latencies = latency_of(options, user);
  if (json) {
    nlohmann::json document = {{"schema", "neusemslice.evaluate/1"},
                               {"accuracy", result.accuracy()},
                               {"samples", result.samples},
                               {"correct", result.correct},
                               {"parameters", parameter_count(user.network.architecture)}};
    if (options.latency) document["latency"] = latency_to_json(latencies);
    fmt::print("{}\n", document.dump());
    return ExitCode::done;
  }
  print_table(result, user.dataset);
  if (options.latency) print_latency(latencies);
  return ExitCode::done;
}

}  // namespace

void add_evaluate_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* command =
      app.add_subcommand("evaluate", "Test accuracy of a model, whole or masked to a slice, and its latency");
  command->footer(
      "Examples:\n"
      "  neusemslice evaluate --model mlp --weights model.safetensors --dataset mnist --slice OUT/slice.json\n"
      "  neusemslice evaluate --model small.yaml --weights small.safetensors --dataset mnist --latency \\\n"
      "    --against-model mlp --against-weights model.safetensors");
  add_user_model_options(*command, options->user);
  CLI::Option* slice = command->add_option("--slice", options->slice, "Keep only these units (slice.json)");
  CLI::Option* tasks =
      command->add_option("--tasks", options->tasks, "The tasks that it has learned (tasks.json of extend)")
          ->excludes(slice);
  CLI::Option* task =
      command->add_option("--task", options->task, "Predict this one, from 1, by its own units, on its own categories")
          ->needs(tasks);
  tasks->needs(task);
  CLI::Option* latency = command->add_flag("--latency", options->latency, "Time whole passes at batch 1 and 128")
                             ->excludes(slice)
                             ->excludes(tasks);
  CLI::Option* against =
      command->add_option("--against-weights", options->against_weights, "Time this model in turn with it")
          ->needs(latency);
  command->add_option("--against-model", options->against_model, "Its kind of network, if it is not that of --model")
      ->needs(against);
  command->callback(
      [options, &program] { program.action = [options, &program] { return evaluate_model(*options, program.json); }; });
}

}  // namespace neusemslice
