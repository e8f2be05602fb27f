#include "config/suite.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/ranges.h>

#include "config/quoted.hpp"
#include "config/reader.hpp"
#include "core/error.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kMaxWidth = 1 << 20;
constexpr std::int64_t kMaxPadding = 1 << 10;

AugmentationConfig read_augmentation(ConfigReader reader) {
  AugmentationConfig augmentation;
  augmentation.crop_padding = reader.integer("crop_padding", augmentation.crop_padding, 0, kMaxPadding);
  augmentation.flip = reader.flag("flip", augmentation.flip);
  reader.finish();
  return augmentation;
}

RecipeConfig read_recipe(ConfigReader reader) {
  RecipeConfig recipe;
  recipe.optimizer = reader.choice("optimizer", {"adam", "sgd"}, recipe.optimizer);
  recipe.learning_rate = reader.number("learning_rate", recipe.learning_rate, 1e-12, 1e3);
  recipe.momentum = reader.number("momentum", recipe.momentum, 0.0, 1.0);
  recipe.weight_decay = reader.number("weight_decay", recipe.weight_decay, 0.0, 1.0);
  recipe.schedule = reader.choice("schedule", {"constant", "cosine", "step"}, recipe.schedule);
  recipe.step_epochs = reader.integer("step_epochs", recipe.step_epochs, 1);
  recipe.step_factor = reader.number("step_factor", recipe.step_factor, 0.0, 1.0);
  recipe.epochs = reader.integer("epochs", recipe.epochs, 0, 100000);
  recipe.batch_size = reader.integer("batch_size", recipe.batch_size, 1, 1 << 20);
  recipe.augmentation = read_augmentation(reader.section("augmentation"));
  reader.finish();
  return recipe;
}

/// A list of names, each one of `known` and none twice; `kind` is "metric", for messages.
std::vector<std::string> read_names(ConfigReader& reader, const std::string& key, const std::vector<std::string>& known,
                                    const std::string& kind) {
  const std::vector<std::string> names = reader.texts(key, known);
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::ranges::find(known, *name) == known.end())
      reader.refuse(key, fmt::format("'{}' is no {}; known: {}", *name, kind, fmt::join(known, ", ")));
    if (std::find(names.begin(), name, *name) != name) reader.refuse(key, fmt::format("'{}' is named twice", *name));
  }
  return names;
}

ContributionConfig read_contribution(ConfigReader reader) {
  ContributionConfig contribution;
  contribution.metrics = read_names(reader, "metrics", contribution.metrics, "metric");
  contribution.samples_per_category = reader.integer("samples_per_category", contribution.samples_per_category, 0);
  contribution.batch_size = reader.integer("batch_size", contribution.batch_size, 1, 1 << 20);
  contribution.deeplift_baseline =
      reader.choice("deeplift_baseline", {"zeros", "mean"}, contribution.deeplift_baseline);
  contribution.taylor_reduction = reader.choice("taylor_reduction", {"sample", "batch"}, contribution.taylor_reduction);
  reader.finish();
  return contribution;
}

SimilarityConfig read_similarity(ConfigReader reader) {
  SimilarityConfig similarity;
  similarity.samples_per_category = reader.integer("samples_per_category", similarity.samples_per_category, 0);
  similarity.centered = reader.flag("centered", similarity.centered);
  similarity.features = reader.choice("features", {"positions", "mean"}, similarity.features);
  similarity.memory_mb = reader.integer("memory_mb", similarity.memory_mb, 1, 1 << 24);
  reader.finish();
  return similarity;
}

SlicingConfig read_slicing(ConfigReader reader) {
  SlicingConfig slicing;
  slicing.strategies = read_names(reader, "strategies", slicing.strategies, "strategy");
  slicing.percentages = reader.integers("percentages", slicing.percentages, 1, 100);
  slicing.thresholds = reader.numbers("thresholds", slicing.thresholds, 0.0, 1.0);
  slicing.interval = reader.integer("interval", slicing.interval, 1, kMaxWidth);
  reader.finish();
  return slicing;
}

PilotConfig read_pilot(ConfigReader reader) {
  PilotConfig pilot;
  pilot.band_edges = reader.integers("band_edges", pilot.band_edges, 0, 100);
  if (pilot.band_edges.size() < 2 || !std::ranges::is_sorted(pilot.band_edges, std::less_equal())) {
    reader.refuse("band_edges", "expected at least two percentages, each larger than the one before");
  }
  reader.finish();
  return pilot;
}

DeepArcConfig read_deeparc(ConfigReader reader) {
  DeepArcConfig deeparc;
  deeparc.enabled = reader.flag("enabled", deeparc.enabled);
  deeparc.threshold = reader.number("threshold", deeparc.threshold, 0.0, 1.0);
  deeparc.similarity = reader.choice("similarity", {"uncentred", "biased", "debiased"}, deeparc.similarity);
  deeparc.samples = reader.integer("samples", deeparc.samples, 0);
  deeparc.sewing_epochs = reader.integer("sewing_epochs", deeparc.sewing_epochs, 0, 100000);
  reader.finish();
  return deeparc;
}

PruningConfig read_pruning(ConfigReader reader) {
  PruningConfig pruning;
  pruning.methods = read_names(reader, "methods", pruning.methods, "pruning method");
  pruning.slice_tolerance = reader.number("slice_tolerance", pruning.slice_tolerance, 0.0, 100.0);
  pruning.tolerance = reader.number("tolerance", pruning.tolerance, 0.0, 100.0);
  if (pruning.slice_tolerance > pruning.tolerance) {
    reader.refuse("slice_tolerance", fmt::format("{} is more than pruning.tolerance, {}: pruning would start from a "
                                                 "slice that has lost too much",
                                                 pruning.slice_tolerance, pruning.tolerance));
  }
  pruning.epochs = reader.integer("epochs", pruning.epochs, 0, 100000);
  pruning.learning_rate_factor = reader.number("learning_rate_factor", pruning.learning_rate_factor, 1e-6, 1e3);
  pruning.max_iterations = reader.integer("max_iterations", pruning.max_iterations, 1, 10000);
  reader.finish();
  return pruning;
}

ReadaptConfig read_readapt(ConfigReader reader) {
  ReadaptConfig readapt;
  readapt.attacks = read_names(reader, "attacks", readapt.attacks, "attack");
  readapt.methods = read_names(reader, "methods", readapt.methods, "method of re-adaptation");
  readapt.samples = reader.integer("samples", readapt.samples, 1);
  readapt.slice_tolerance = reader.number("slice_tolerance", readapt.slice_tolerance, 0.0, 100.0);
  readapt.deeparc_layers = reader.integer("deeparc_layers", readapt.deeparc_layers, 1);
  readapt.epochs = reader.integer("epochs", readapt.epochs, 0, 100000);
  reader.finish();
  return readapt;
}

IncrementConfig read_increment(ConfigReader reader) {
  IncrementConfig increment;
  increment.methods = read_names(reader, "methods", increment.methods, "method of learning");
  increment.replay_percentages = reader.integers("replay_percentages", increment.replay_percentages, 1, 100);
  increment.slice_replay_percentage =
      reader.integer("slice_replay_percentage", increment.slice_replay_percentage, 1, 100);
  increment.learning_rate_factor = reader.number("learning_rate_factor", increment.learning_rate_factor, 1e-6, 1e3);
  increment.slice_tolerance = reader.number("slice_tolerance", increment.slice_tolerance, 0.0, 100.0);
  reader.finish();
  return increment;
}

/// A list of lists of categories, no category in two of them. Whether the data has them is seen once it is there.
std::vector<std::vector<std::int64_t>> read_tasks(ConfigReader& reader) {
  const ConfigNode* node = reader.raw("tasks");
  if (node == nullptr || (node->kind == ConfigNode::Kind::list && node->items.empty())) return {};
  if (node->kind != ConfigNode::Kind::list || node->items.size() < 2) {
    reader.refuse("tasks", "expected at least two lists of categories, for example [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]");
  }
  std::vector<std::vector<std::int64_t>> tasks;
  std::set<std::int64_t> learned;
  for (const ConfigNode& item : node->items) {
    ConfigNode map{.kind = ConfigNode::Kind::map, .file = item.file, .line = item.line};
    map.entries.emplace_back("task", item);
    tasks.push_back(ConfigReader(map, "tasks").integers("task", {}, 0, kMaxWidth));
    for (const std::int64_t category : tasks.back()) {
      if (!learned.insert(category).second) {
        reader.refuse("tasks", fmt::format("category {} is named twice", category));
      }
    }
  }
  return tasks;
}

AttackConfig read_attack(ConfigReader reader) {
  AttackConfig attack;
  attack.norm = reader.choice("norm", {"infinity", "two"}, attack.norm);
  attack.fgsm_epsilon = reader.number("fgsm_epsilon", attack.fgsm_epsilon, 0.0, 1e3);
  attack.pgd_epsilon = reader.number("pgd_epsilon", attack.pgd_epsilon, 0.0, 1e3);
  attack.pgd_step = reader.number("pgd_step", attack.pgd_step, 0.0, 1e3);
  if (attack.pgd_step > attack.pgd_epsilon) {
    reader.refuse("pgd_step", fmt::format("{} is larger than pgd_epsilon, {}", attack.pgd_step, attack.pgd_epsilon));
  }
  attack.pgd_iterations = reader.integer("pgd_iterations", attack.pgd_iterations, 1, 100000);
  attack.random_start = reader.flag("random_start", attack.random_start);
  reader.finish();
  return attack;
}

std::vector<SettingConfig> read_settings(ConfigReader& reader) {
  const ConfigNode* settings = reader.raw("settings");
  if (settings == nullptr || settings->kind != ConfigNode::Kind::map || settings->entries.empty()) {
    reader.refuse("settings", "expected at least one setting, for example settings: [mlp-mnist]");
  }
  std::vector<SettingConfig> read;
  for (const auto& [name, node] : settings->entries) {
    read.push_back(read_setting(node, "settings." + name));
    require_input(read.back().name == name, "{}: settings.{}.name: '{}' is not the name it stands under",
                  node.find("name")->where(), name, read.back().name);
  }
  return read;
}

/// The file a suite means by a setting's name.
std::filesystem::path setting_file(const ConfigNode& name, const std::filesystem::path& suite_path) {
  require_input(name.kind == ConfigNode::Kind::scalar, "{}: settings: expected names of settings", name.where());
  const std::filesystem::path folder = suite_path.parent_path();
  if (name.scalar.ends_with(".yaml")) {
    const std::filesystem::path named = folder / name.scalar;
    require_input(std::filesystem::exists(named), "{}: settings: there is no file {}", name.where(), named.string());
    return named;
  }
  const std::filesystem::path inside = folder / "settings" / (name.scalar + ".yaml");
  const std::filesystem::path beside = folder / ".." / "settings" / (name.scalar + ".yaml");
  if (std::filesystem::exists(inside)) return inside;
  require_input(std::filesystem::exists(beside), "{}: settings: no setting '{}': neither {} nor {} exists",
                name.where(), name.scalar, inside.string(), beside.lexically_normal().string());
  return beside.lexically_normal();
}

/// Replaces the list of names under `settings` by a map of name to the setting's own file.
void expand_settings(ConfigNode& suite, const std::filesystem::path& suite_path) {
  ConfigNode* settings = suite.find("settings");
  if (settings == nullptr || settings->kind == ConfigNode::Kind::map) return;
  const std::vector<ConfigNode> names =
      settings->kind == ConfigNode::Kind::scalar ? std::vector<ConfigNode>{*settings} : settings->items;
  ConfigNode expanded = *settings;
  expanded.kind = ConfigNode::Kind::map;
  expanded.items.clear();
  for (const ConfigNode& name : names) {
    ConfigNode setting = load_config(setting_file(name, suite_path));
    const ConfigNode* own_name = setting.find("name");
    const std::string key = own_name != nullptr ? own_name->scalar : name.scalar;
    require_input(expanded.find(key) == nullptr, "{}: settings: '{}' is named twice", name.where(), key);
    expanded.entries.emplace_back(key, std::move(setting));
  }
  *settings = std::move(expanded);
}

/// Puts the sections that a file may leave out, so that an override can reach into them.
void add_sections(ConfigNode& node, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (node.find(name) == nullptr)
      node.entries.emplace_back(name, ConfigNode{.kind = ConfigNode::Kind::map, .file = node.file});
  }
}

void add_setting_sections(ConfigNode& setting) {
  if (setting.kind != ConfigNode::Kind::map) return;
  add_sections(setting, {"model", "weights", "recipe", "attack"});
  if (ConfigNode* recipe = setting.find("recipe"); recipe->kind == ConfigNode::Kind::map)
    add_sections(*recipe, {"augmentation"});
  expand_dataset(setting);
}

void add_suite_sections(ConfigNode& suite) {
  add_sections(suite, {"contribution", "similarity", "slicing", "pilot", "deeparc", "pruning", "readapt", "increment"});
  if (ConfigNode* settings = suite.find("settings")) {
    for (auto& entry : settings->entries) add_setting_sections(entry.second);
  }
}

template <typename Value>
std::string flow_list(const std::vector<Value>& values) {
  return fmt::format("[{}]", fmt::join(values, ", "));
}

std::string print_tasks(const std::vector<std::vector<std::int64_t>>& tasks) {
  std::vector<std::string> lists;
  for (const auto& task : tasks) lists.push_back(flow_list(task));
  return flow_list(lists);
}

std::string print_setting(const SettingConfig& setting) {
  const RecipeConfig& recipe = setting.recipe;
  return fmt::format("  {0}:\n    name: {0}\n    title: {1}\n    dataset:{2}\n    model: {3}\n    weights: {4}\n",
                     setting.name, quoted(setting.title), print_dataset(setting.dataset, 6), print_model(setting.model),
                     print_weights(setting.weights)) +
         fmt::format(
             "    recipe:\n"
             "      optimizer: {}\n      learning_rate: {}\n      momentum: {}\n      weight_decay: {}\n"
             "      schedule: {}\n      step_epochs: {}\n      step_factor: {}\n      epochs: {}\n"
             "      batch_size: {}\n      augmentation: {{crop_padding: {}, flip: {}}}\n    pruning_rate: {}\n",
             recipe.optimizer, recipe.learning_rate, recipe.momentum, recipe.weight_decay, recipe.schedule,
             recipe.step_epochs, recipe.step_factor, recipe.epochs, recipe.batch_size, recipe.augmentation.crop_padding,
             recipe.augmentation.flip, setting.pruning_rate) +
         fmt::format(
             "    attack: {{norm: {}, fgsm_epsilon: {}, pgd_epsilon: {}, pgd_step: {}, pgd_iterations: {}, "
             "random_start: {}}}\n    readapt_learning_rate_factor: {}\n    critical_layers: {}\n    tasks: {}\n",
             setting.attack.norm, setting.attack.fgsm_epsilon, setting.attack.pgd_epsilon, setting.attack.pgd_step,
             setting.attack.pgd_iterations, setting.attack.random_start, setting.readapt_learning_rate_factor,
             quoted_list(setting.critical_layers), print_tasks(setting.tasks));
}

}  // namespace

RecipeConfig fine_tuning(RecipeConfig recipe, std::int64_t epochs, double learning_rate_factor) {
  recipe.epochs = epochs;
  recipe.learning_rate *= learning_rate_factor;
  recipe.schedule = "constant";
  return recipe;
}

SettingConfig read_setting(const ConfigNode& node, const std::string& path) {
  ConfigReader reader(node, path);
  SettingConfig setting;
  setting.name = reader.text("name");
  if (setting.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) {
    reader.refuse("name", fmt::format("'{}' may hold only lower-case letters, digits and '-'", setting.name));
  }
  setting.title = reader.text("title", setting.name);
  setting.model = read_model(reader.section("model"));
  const ConfigNode* dataset = reader.raw("dataset");
  if (dataset == nullptr) reader.refuse("dataset", "this key is missing");
  setting.dataset = read_dataset(*dataset, path.empty() ? "dataset" : path + ".dataset");
  setting.weights = read_weights(reader.section("weights"));
  setting.recipe = read_recipe(reader.section("recipe"));
  setting.pruning_rate = reader.number("pruning_rate", setting.pruning_rate, 1e-6, 1.0);
  setting.attack = read_attack(reader.section("attack"));
  setting.readapt_learning_rate_factor =
      reader.number("readapt_learning_rate_factor", setting.readapt_learning_rate_factor, 1e-6, 1e3);
  setting.critical_layers = reader.texts("critical_layers", setting.critical_layers);
  setting.tasks = read_tasks(reader);
  reader.finish();
  return setting;
}

SettingConfig load_setting(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  ConfigNode node = load_config(path);
  add_setting_sections(node);
  for (const std::string& assignment : overrides) {
    apply_override(node, assignment);
    add_setting_sections(node);
  }
  return read_setting(node, "");
}

SuiteConfig read_suite(const ConfigNode& node) {
  ConfigReader reader(node, "");
  SuiteConfig suite;
  suite.name = reader.text("name");
  if (suite.name.find('/') != std::string::npos || suite.name.starts_with('.'))
    reader.refuse("name", fmt::format("'{}' names the folder of results: no '/', and no '.' at its start", suite.name));
  suite.question = reader.choice("question", {"rq1", "rq2", "rq3", "rq4", "pilot"}, suite.question);
  suite.settings = read_settings(reader);
  suite.seeds = reader.integers("seeds", suite.seeds, 0, std::numeric_limits<std::int32_t>::max());
  if (std::set(suite.seeds.begin(), suite.seeds.end()).size() != suite.seeds.size()) {
    reader.refuse("seeds", "a seed is named twice");
  }
  suite.validation_percent = reader.integer("validation_percent", suite.validation_percent, 1, 50);
  suite.contribution = read_contribution(reader.section("contribution"));
  suite.similarity = read_similarity(reader.section("similarity"));
  suite.slicing = read_slicing(reader.section("slicing"));
  suite.pilot = read_pilot(reader.section("pilot"));
  suite.deeparc = read_deeparc(reader.section("deeparc"));
  suite.pruning = read_pruning(reader.section("pruning"));
  suite.readapt = read_readapt(reader.section("readapt"));
  suite.increment = read_increment(reader.section("increment"));
  reader.finish();
  return suite;
}

SuiteConfig load_suite(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  ConfigNode node = load_config(path);
  expand_settings(node, path);
  add_suite_sections(node);
  for (const std::string& assignment : overrides) {
    apply_override(node, assignment);
    expand_settings(node, path);
    add_suite_sections(node);
  }
  return read_suite(node);
}

std::string print_suite(const SuiteConfig& suite) {
  std::string settings;
  for (const SettingConfig& setting : suite.settings) settings += print_setting(setting);
  const ContributionConfig& contribution = suite.contribution;
  const SimilarityConfig& similarity = suite.similarity;
  const SlicingConfig& slicing = suite.slicing;
  return fmt::format("name: {}\nquestion: {}\nsettings:\n{}seeds: {}\nvalidation_percent: {}\n", quoted(suite.name),
                     suite.question, settings, flow_list(suite.seeds), suite.validation_percent) +
         fmt::format(
             "contribution:\n  metrics: {}\n  samples_per_category: {}\n  batch_size: {}\n  deeplift_baseline: {}\n"
             "  taylor_reduction: {}\n",
             flow_list(contribution.metrics), contribution.samples_per_category, contribution.batch_size,
             contribution.deeplift_baseline, contribution.taylor_reduction) +
         fmt::format("similarity:\n  samples_per_category: {}\n  centered: {}\n  features: {}\n  memory_mb: {}\n",
                     similarity.samples_per_category, similarity.centered, similarity.features, similarity.memory_mb) +
         fmt::format("slicing:\n  strategies: {}\n  percentages: {}\n  thresholds: {}\n  interval: {}\n",
                     flow_list(slicing.strategies), flow_list(slicing.percentages), flow_list(slicing.thresholds),
                     slicing.interval) +
         fmt::format("pilot:\n  band_edges: {}\n", flow_list(suite.pilot.band_edges)) +
         fmt::format("deeparc:\n  enabled: {}\n  threshold: {}\n  similarity: {}\n  samples: {}\n  sewing_epochs: {}\n",
                     suite.deeparc.enabled, suite.deeparc.threshold, suite.deeparc.similarity, suite.deeparc.samples,
                     suite.deeparc.sewing_epochs) +
         fmt::format(
             "pruning:\n  methods: {}\n  slice_tolerance: {}\n  tolerance: {}\n  epochs: {}\n"
             "  learning_rate_factor: {}\n  max_iterations: {}\n",
             flow_list(suite.pruning.methods), suite.pruning.slice_tolerance, suite.pruning.tolerance,
             suite.pruning.epochs, suite.pruning.learning_rate_factor, suite.pruning.max_iterations) +
         fmt::format(
             "readapt:\n  attacks: {}\n  methods: {}\n  samples: {}\n  slice_tolerance: {}\n  deeparc_layers: {}\n"
             "  epochs: {}\n",
             flow_list(suite.readapt.attacks), flow_list(suite.readapt.methods), suite.readapt.samples,
             suite.readapt.slice_tolerance, suite.readapt.deeparc_layers, suite.readapt.epochs) +
         fmt::format(
             "increment:\n  methods: {}\n  replay_percentages: {}\n  slice_replay_percentage: {}\n"
             "  learning_rate_factor: {}\n  slice_tolerance: {}\n",
             flow_list(suite.increment.methods), flow_list(suite.increment.replay_percentages),
             suite.increment.slice_replay_percentage, suite.increment.learning_rate_factor,
             suite.increment.slice_tolerance);
}

}  // namespace neusemslice
