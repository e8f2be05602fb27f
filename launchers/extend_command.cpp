// neusemslice extend: teach the user's own model new categories in the units that its slice leaves free.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "contribution/score_file.hpp"
#include "core/files.hpp"
#include "maintenance/restructure.hpp"
#include "maintenance/subnetwork.hpp"
#include "models/architecture_file.hpp"
#include "models/safetensors.hpp"
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
  std::string scores;
  std::string tasks;
  Categories known;
  Categories categories;
  RecipeConfig recipe;
  std::uint64_t seed = 0;
  std::string out;
};

/// All but the new ones: what a model that was only sliced knows, where nothing else is said.
Categories other_categories(const ExtendOptions& options, std::int64_t count) {
  Categories others;
  for (std::int64_t category = 0; category < count; ++category) {
    if (std::ranges::find(options.categories, category) == options.categories.end()) others.push_back(category);
  }
  require_input(!others.empty(), "--categories: none of the {} is left for the task that the model has learned", count);
  return others;
}

/// Checked: they say how every unit of these layers scores by the metric.
Scores read_scores(const std::string& path, const UnitGraph& units, const std::string& metric) {
  Scores scores = scores_of(read_safetensors(path));
  for (const UnitLayer& layer : units.layers) {
    const auto found = scores.find(layer.name);
    const bool has_all = found != scores.end() && found->second.contains(metric) &&
                         found->second.at(metric).global.sizes() == at::IntArrayRef{layer.units};
    require_input(has_all, "{}: it has no scores by '{}' of the {} units of layer '{}'", path, metric, layer.units,
                  layer.name);
  }
  return scores;
}

/// The units of the slice; with scores, a layer that keeps all of its units gives one up.
KeptUnits sliced_units(const ExtendOptions& options, const UnitGraph& units) {
  const Slice slice = read_slice(options.slice, units);
  for (const UnitLayer& layer : units.layers) {
    require_input(slice.kept.contains(layer.name), "{}: it does not say which units of layer '{}' it keeps",
                  options.slice, layer.name);
  }
  if (!options.scores.empty()) return leave_units_free(units, slice, read_scores(options.scores, units, slice.metric));
  for (const UnitLayer& layer : units.layers) {
    require_input(static_cast<std::int64_t>(slice.kept.at(layer.name).size()) < layer.units,
                  "{}: it keeps all {} units of layer '{}', so none is left for another task: with --scores the layer "
                  "gives up its lowest one, or slice with a lower --threshold",
                  options.slice, layer.units, layer.name);
  }
  return slice.kept;
}

/// The tasks learned before and the units of each. The newest one has used all the units that were free, and is cut to
/// its slice, which is one of its sub-network.
std::vector<TaskUnits> learned_tasks(const ExtendOptions& options, const UserModel& user) {
  const std::int64_t count = user.dataset.categories();
  if (options.tasks.empty()) {
    Categories known = options.known.empty() ? other_categories(options, count) : options.known;
    check_categories("--known", known, user.dataset);
    return {{std::move(known), sliced_units(options, user.units)}};
  }
  std::vector<TaskUnits> learned = read_tasks(options.tasks, user.units, count);
  KeptUnits& newest = learned.back().kept;
  const UnitGraph of_newest = derive_units(shrunken_architecture(user.network.architecture, user.units, newest));
  newest = units_within(newest, sliced_units(options, of_newest));
  return learned;
}

void check_new_categories(const ExtendOptions& options, const UserModel& user, const std::vector<TaskUnits>& learned) {
  check_categories("--categories", options.categories, user.dataset);
  for (const TaskUnits& task : learned) {
    for (const std::int64_t category : options.categories) {
      require_input(std::ranges::find(task.categories, category) == task.categories.end(),
                    "--categories: {} has been learned already", category);
    }
  }
}

double accuracy_of(const Network& network, const UserModel& user, const TaskUnits& task) {
  const LabelledImages& test = user.dataset.test;
  const at::Tensor positions = positions_of(task.categories, test.labels);
  return evaluate(network, test, user.dataset.normalisation, user.dataset.categories(), positions,
                  masks_of(user.units, task.kept, network.device()))
      .accuracy();
}

/// The task's sub-network, trained.
Network learned_part(const ExtendOptions& options, const UserModel& user, const TaskUnits& task,
                     const std::filesystem::path& checkpoint) {
  const at::Tensor& labels = user.dataset.training.labels;
  const TrainingSplit split = split_training(labels, user.dataset.categories(), kValidationPercent, options.seed);
  Network part = shrink(user.network, user.units, task.kept).clone();
  train(part, user.dataset, split_of(task.categories, labels, split), options.recipe, options.seed,
        own_parameters(part, user.units, task.categories),
        {.checkpoint = checkpoint,
         .identity = training_identity(options.user, user, options.recipe, options.seed, to_json({task}))});
  return part;
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
  const UserModel user = load_user_model(options.user);
  std::vector<TaskUnits> tasks = learned_tasks(options, user);
  check_new_categories(options, user, tasks);
  std::vector<KeptUnits> used;
  for (const TaskUnits& task : tasks) used.push_back(task.kept);
  const auto slice_bytes = static_cast<std::int64_t>(delta_coded(used).size());
  tasks.push_back({options.categories, free_units(user.units, used)});
  const std::filesystem::path folder = options.out;
  const std::filesystem::path checkpoint = folder / "extend.checkpoint";
  std::filesystem::create_directories(folder);
  const Network part = learned_part(options, user, tasks.back(), checkpoint);
  Network network = user.network.clone();
  put_back(network, user.units, tasks.back().kept, part);
  write_files_atomically({{folder / kModelFile, network_bytes(network)},
                          {folder / kTasksFile, to_json(tasks).dump() + "\n"},
                          {folder / kSubnetworkFile, network_bytes(part)},
                          {folder / "subnetwork.yaml", architecture_text(part.architecture)}});
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
      "Writes model.safetensors, tasks.json, and the new task's sub-network, subnetwork.safetensors and "
      "subnetwork.yaml:\n"
      "sliced in its turn, it leaves units free for the next task.\n\n"
      "Examples:\n"
      "  neusemslice slice --model mlp --weights model.safetensors --dataset mnist --categories 0,1,2,3,4 --out OUT\n"
      "  neusemslice extend --model mlp --weights model.safetensors --dataset mnist --slice OUT/slice.json \\\n"
      "    --known 0,1,2,3,4 --categories 5,6 --out extended\n"
      "  neusemslice evaluate --model mlp --weights extended/model.safetensors --dataset mnist \\\n"
      "    --tasks extended/tasks.json --task 2\n"
      "  neusemslice slice --model extended/subnetwork.yaml --weights extended/subnetwork.safetensors \\\n"
      "    --dataset mnist --categories 5,6 --out OUT2\n"
      "  neusemslice extend --model mlp --weights extended/model.safetensors --dataset mnist \\\n"
      "    --tasks extended/tasks.json --slice OUT2/slice.json --categories 7,8,9 --out further");
  add_user_model_options(*command, options->user);
  command
      ->add_option("--slice", options->slice,
                   "What the newest task keeps (slice.json): of the model, or with --tasks of its subnetwork")
      ->required();
  command->add_option("--scores", options->scores,
                      "The slice's scores.safetensors: a layer that keeps all of its units gives up the lowest one");
  CLI::Option* known = command
                           ->add_option("--known", options->known,
                                        "The categories that the model knows; all but the new ones if not given")
                           ->delimiter(',');
  command->add_option("--tasks", options->tasks, "The tasks.json of an earlier extend")->excludes(known);
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
  command->add_option("--out", options->out, "Folder for the four files")->required();
  command->callback(
      [options, &program] { program.action = [options, &program] { return extend(*options, program.json); }; });
}

}  // namespace neusemslice
