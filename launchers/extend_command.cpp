// neusemslice extend: teach the user's own model new categories in the units that its slice leaves free.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "core/hash.hpp"
#include "maintenance/restructure.hpp"
#include "maintenance/subnetwork.hpp"
#include "models/weights.hpp"
#include "program.hpp"
#include "scheduling/job_data.hpp"
#include "scheduling/job_parameters.hpp"
#include "slicing/slice_file.hpp"
#include "slicing/task_units.hpp"
#include "training/trainer.hpp"
#include "user_model.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kValidationPercent = 10;

struct ExtendOptions {
  UserModelOptions user;
  std::string slice;
  std::string tasks;
  Categories categories;
  RecipeConfig recipe;
  std::uint64_t seed = 0;
  std::string out;
};

/// All but the new ones: what a model that was only sliced knows.
Categories other_categories(const ExtendOptions& options, std::int64_t count) {
  Categories others;
  for (std::int64_t category = 0; category < count; ++category) {
    if (std::ranges::find(options.categories, category) == options.categories.end()) others.push_back(category);
  }
  require_input(!others.empty(), "--categories: none of the {} is left for the task that the model has learned", count);
  return others;
}

std::vector<TaskUnits> learned_tasks(const ExtendOptions& options, const UserModel& user) {
  const std::int64_t count = user.dataset.categories();
  if (!options.tasks.empty()) return read_tasks(options.tasks, user.units, count);
  KeptUnits kept = read_slice(options.slice, user.units).kept;
  for (const UnitLayer& layer : user.units.layers) {
    require_input(kept.contains(layer.name), "{}: it does not say which units of layer '{}' it keeps", options.slice,
                  layer.name);
  }
  return {{other_categories(options, count), std::move(kept)}};
}

void check_categories(const ExtendOptions& options, const UserModel& user, const std::vector<TaskUnits>& learned) {
  for (auto category = options.categories.begin(); category != options.categories.end(); ++category) {
    require_input(0 <= *category && *category < user.dataset.categories(), "--categories: {} has 0 to {}, not {}",
                  user.dataset.name, user.dataset.categories() - 1, *category);
    require_input(std::find(options.categories.begin(), category, *category) == category,
                  "--categories: {} is named twice", *category);
    for (const TaskUnits& task : learned) {
      require_input(std::ranges::find(task.categories, *category) == task.categories.end(),
                    "--categories: {} has been learned already", *category);
    }
  }
}

/// All that determines the result.
std::string identity_of(const ExtendOptions& options) {
  const nlohmann::json all = {{"model", sha256_file(options.user.weights)},
                              {"units", sha256_file(options.tasks.empty() ? options.slice : options.tasks)},
                              {"categories", options.categories},
                              {"recipe", to_json(options.recipe)},
                              {"seed", options.seed}};
  return all.dump();
}

double accuracy_of(const Network& network, const UserModel& user, const TaskUnits& task) {
  const LabelledImages& test = user.dataset.test;
  const at::Tensor positions = positions_of(task.categories, test.labels, at::arange(test.size(), at::kLong));
  return evaluate(network, test, user.dataset.normalisation, user.dataset.categories(), positions,
                  masks_of(user.units, task.kept, network.device()))
      .accuracy();
}

/// The network with the newest of the tasks learned.
Network extended(const ExtendOptions& options, const UserModel& user, const TaskUnits& task,
                 const std::filesystem::path& checkpoint) {
  const at::Tensor& labels = user.dataset.training.labels;
  const TrainingSplit split = split_training(labels, user.dataset.categories(), kValidationPercent, options.seed);
  Network network = user.network.clone();
  Network part = shrink(network, user.units, task.kept).clone();
  train(part, user.dataset, split_of(task.categories, labels, split), options.recipe, options.seed,
        own_parameters(part, user.units, task.categories),
        {.checkpoint = checkpoint, .identity = identity_of(options)});
  put_back(network, user.units, task.kept, part);
  return network;
}

void print_result(const ExtendOptions& options, const std::vector<TaskUnits>& tasks,
                  const std::vector<double>& accuracies, std::int64_t slice_bytes, bool json) {
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"schema", "neusemslice.extend/1"},
                                      {"out", options.out},
                                      {"task_accuracies", accuracies},
                                      {"slice_bytes", slice_bytes}}
                           .dump());
    return;
  }
  fmt::print("{}: {} tasks, the slices of the earlier ones take {} bytes\n", options.out, tasks.size(), slice_bytes);
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    fmt::print("  task {}: categories {}, test accuracy {:.2f} %\n", task + 1, fmt::join(tasks[task].categories, ", "),
               100 * accuracies[task]);
  }
}

ExitCode extend(const ExtendOptions& options, bool json) {
  require_input(!options.slice.empty() || !options.tasks.empty(),
                "extend: which units the model uses is not said: give --slice or --tasks");
  const UserModel user = load_user_model(options.user);
  std::vector<TaskUnits> tasks = learned_tasks(options, user);
  check_categories(options, user, tasks);
  std::vector<KeptUnits> used;
  std::int64_t slice_bytes = 0;
  for (const TaskUnits& task : tasks) {
    used.push_back(task.kept);
    slice_bytes += static_cast<std::int64_t>(delta_coded(task.kept).size());
  }
  tasks.push_back({options.categories, free_units(user.units, used)});
  const std::filesystem::path folder = options.out;
  const std::filesystem::path checkpoint = folder / "extend.checkpoint";
  std::filesystem::create_directories(folder);
  const Network network = extended(options, user, tasks.back(), checkpoint);
  save_network(folder / kModelFile, network);
  write_file_atomically(folder / kTasksFile, to_json(tasks).dump() + "\n");
  std::filesystem::remove(checkpoint);
  std::vector<double> accuracies;
  for (const TaskUnits& task : tasks) accuracies.push_back(accuracy_of(network, user, task));
  print_result(options, tasks, accuracies, slice_bytes, json);
  return ExitCode::done;
}

}  // namespace

void add_extend_command(CLI::App& app, Program& program) {
  auto options = std::make_shared<ExtendOptions>();
  CLI::App* command =
      app.add_subcommand("extend", "Teach your own model new categories in the units that its slice leaves free");
  command->footer(
      "Examples:\n"
      "  neusemslice extend --model mlp --weights model.safetensors --dataset mnist --slice OUT/slice.json \\\n"
      "    --categories 5,6,7,8,9 --out extended\n"
      "  neusemslice evaluate --model mlp --weights extended/model.safetensors --dataset mnist \\\n"
      "    --tasks extended/tasks.json --task 2");
  add_user_model_options(*command, options->user);
  CLI::Option* slice = command->add_option("--slice", options->slice,
                                           "Its slice (slice.json); it knows all categories but the new ones");
  command->add_option("--tasks", options->tasks, "Instead: the tasks.json of an earlier extend")->excludes(slice);
  command->add_option("--categories", options->categories, "The new ones, as numbers separated by commas")
      ->delimiter(',')
      ->required();
  command->add_option("--epochs", options->recipe.epochs, "Passes over the new categories' training images")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--learning-rate", options->recipe.learning_rate, "Of Adam, constant")
      ->check(CLI::Range(1e-12, 1e3))
      ->capture_default_str();
  command->add_option("--batch-size", options->recipe.batch_size, "Images in one step")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Validation split and order of the images")->capture_default_str();
  command->add_option("--out", options->out, "Folder for model.safetensors and tasks.json")->required();
  command->callback(
      [options, &program] { program.action = [options, &program] { return extend(*options, program.json); }; });
}

}  // namespace neusemslice
