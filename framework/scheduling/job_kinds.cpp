#include "scheduling/job_kinds.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

#include "contribution/score_file.hpp"
#include "core/error.hpp"
#include "maintenance/restructure.hpp"
#include "models/safetensors.hpp"
#include "models/weights.hpp"
#include "similarity/curve_file.hpp"
#include "slicing/slice_file.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;

// Counted up when what a kind computes changes, so that old results are not taken for new ones.
constexpr int kTrainVersion = 1;
constexpr int kScoreVersion = 1;
constexpr int kScanVersion = 1;
constexpr int kSliceVersion = 1;
constexpr int kRestructureVersion = 1;
constexpr int kTimingVersion = 2;

constexpr const char* kModelFile = "model.safetensors";
constexpr const char* kScoreFile = "scores.safetensors";
constexpr const char* kCurveFile = "similarity.safetensors";
constexpr const char* kSliceFile = "slice.json";

Json to_json(const ModelConfig& model) {
  return {{"name", model.name}, {"hidden", model.hidden}};
}

ModelConfig model_from(const Json& json) {
  return {.name = json.at("name"), .hidden = json.at("hidden")};
}

/// Only what the recipe uses: a step that a constant schedule ignores must not make a new job.
Json to_json(const RecipeConfig& recipe) {
  Json json = {{"optimizer", recipe.optimizer},
               {"learning_rate", recipe.learning_rate},
               {"weight_decay", recipe.weight_decay},
               {"schedule", recipe.schedule},
               {"epochs", recipe.epochs},
               {"batch_size", recipe.batch_size}};
  if (recipe.optimizer == "sgd") json["momentum"] = recipe.momentum;
  if (recipe.schedule == "step")
    json.update({{"step_epochs", recipe.step_epochs}, {"step_factor", recipe.step_factor}});
  return json;
}

RecipeConfig recipe_from(const Json& json) {
  RecipeConfig recipe;
  recipe.optimizer = json.at("optimizer");
  recipe.learning_rate = json.at("learning_rate");
  recipe.weight_decay = json.at("weight_decay");
  recipe.schedule = json.at("schedule");
  recipe.epochs = json.at("epochs");
  recipe.batch_size = json.at("batch_size");
  recipe.momentum = json.value("momentum", recipe.momentum);
  recipe.step_epochs = json.value("step_epochs", recipe.step_epochs);
  recipe.step_factor = json.value("step_factor", recipe.step_factor);
  return recipe;
}

Json to_json(const ContributionConfig& config) {
  return {{"metrics", config.metrics},
          {"samples_per_category", config.samples_per_category},
          {"batch_size", config.batch_size},
          {"deeplift_baseline", config.deeplift_baseline},
          {"taylor_reduction", config.taylor_reduction}};
}

ContributionConfig contribution_from(const Json& json) {
  return {.metrics = json.at("metrics"),
          .samples_per_category = json.at("samples_per_category"),
          .batch_size = json.at("batch_size"),
          .deeplift_baseline = json.at("deeplift_baseline"),
          .taylor_reduction = json.at("taylor_reduction")};
}

EvaluationRow row_of(const std::string& split, const Evaluation& evaluation) {
  return {.split = split, .samples = evaluation.samples, .correct = evaluation.correct};
}

SliceRow row_of(const Slice& slice, const Architecture& architecture, const UnitGraph& units) {
  SliceRow row{.strategy = slice.strategy, .metric = slice.metric, .level = slice.level};
  row.original_parameters = parameter_count(architecture);
  row.parameters = parameter_count(shrunken_architecture(architecture, units, slice.kept));
  for (const UnitLayer& layer : units.layers) {
    const bool rescued = std::ranges::find(slice.rescued, layer.name) != slice.rescued.end();
    row.layers.push_back(
        {layer.name, layer.units, static_cast<std::int64_t>(slice.kept.at(layer.name).size()), rescued});
  }
  return row;
}

std::int64_t total(const std::vector<at::Tensor>& positions) {
  std::int64_t count = 0;
  for (const at::Tensor& of_category : positions) count += of_category.numel();
  return count;
}

/// The median of three runs, after one that warms up.
double median_seconds(const std::function<void()>& work) {
  std::array<double, 3> seconds{};
  work();
  for (double& measured : seconds) {
    const auto start = std::chrono::steady_clock::now();
    work();
    measured = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  std::ranges::sort(seconds);
  return seconds[1];
}

}  // namespace

const Dataset& DatasetCache::get(const std::string& name) {
  auto found = datasets_.find(name);
  if (found == datasets_.end()) found = datasets_.emplace(name, load_dataset(name, data_dir_)).first;
  return found->second;
}

JobKinds::JobKinds(const JobGraph& graph, Store& store, DatasetCache& datasets, at::Device device,
                   std::int64_t scan_memory_mb)
    : graph_(graph), store_(store), datasets_(datasets), device_(device), scan_memory_mb_(scan_memory_mb) {}

JobFunctions JobKinds::functions() {
  return {{"train", [this](const Job& job) { return train(job); }},
          {"score", [this](const Job& job) { return score(job); }},
          {"scan", [this](const Job& job) { return scan(job); }},
          {"slice", [this](const Job& job) { return slice(job); }},
          {"restructure", [this](const Job& job) { return restructure(job); }},
          {"time-metrics", [this](const Job& job) { return time_metrics(job); }}};
}

std::string JobKinds::add_train(JobGraph& graph, const SettingConfig& setting, const Dataset& dataset,
                                std::int64_t validation_percent, std::int64_t seed) {
  const Json parameters = {{"model", to_json(setting.model)},
                           {"dataset", dataset.name},
                           {"data", dataset.fingerprint},
                           {"recipe", to_json(setting.recipe)},
                           {"validation_percent", validation_percent}};
  return graph.add("train", kTrainVersion, setting.name, seed, parameters, {});
}

std::string JobKinds::add_score(JobGraph& graph, const std::string& train, const ContributionConfig& config) {
  const Job& model = graph.at(train);
  return graph.add("score", kScoreVersion, model.setting, model.seed, to_json(config), {train});
}

std::string JobKinds::add_scan(JobGraph& graph, const std::string& score, const SimilarityConfig& config) {
  const Job& scores = graph.at(score);
  // memory_mb bounds the work, it does not change the result.
  const Json parameters = {{"samples_per_category", config.samples_per_category},
                           {"centered", config.centered},
                           {"features", config.features}};
  return graph.add("scan", kScanVersion, scores.setting, scores.seed, parameters, {scores.inputs.at(0), score});
}

std::string JobKinds::add_slice(JobGraph& graph, const std::string& strategy, const std::string& metric, double level,
                                std::int64_t interval, const std::string& score, const std::string& scan) {
  const Job& scores = graph.at(score);
  Json parameters = {{"strategy", strategy}, {"metric", metric}, {"level", level}};
  std::vector<std::string> inputs = {scores.inputs.at(0), score};
  if (strategy == "semantic") {
    parameters["interval"] = interval;
    inputs.push_back(scan);
  }
  return graph.add("slice", kSliceVersion, scores.setting, scores.seed, parameters, inputs);
}

std::string JobKinds::add_restructure(JobGraph& graph, const std::string& train, const std::string& slice) {
  const Job& what = graph.at(slice);
  Json parameters = what.parameters;  // repeated for readers of the table; the slice's key is what counts
  return graph.add("restructure", kRestructureVersion, what.setting, what.seed, parameters, {train, slice});
}

std::string JobKinds::add_metric_timing(JobGraph& graph, const std::string& train, const ContributionConfig& config) {
  const Job& model = graph.at(train);
  return graph.add("time-metrics", kTimingVersion, model.setting, model.seed, to_json(config), {train});
}

JobKinds::TrainedModel JobKinds::without_parameters(const Job& job) {
  TrainedModel model;
  model.dataset = &datasets_.get(job.parameters.at("dataset"));
  model.network.architecture = make_architecture(model_from(job.parameters.at("model")), model.dataset->image_shape(),
                                                 model.dataset->categories());
  model.units = derive_units(model.network.architecture);
  model.split = split_training(model.dataset->training.labels, model.dataset->categories(),
                               job.parameters.at("validation_percent"), static_cast<std::uint64_t>(job.seed));
  return model;
}

const JobKinds::TrainedModel& JobKinds::trained(const std::string& train_job) {
  if (trained_.job != train_job) {
    TrainedModel model = without_parameters(graph_.at(train_job));
    model.network = load_network(store_.artifact(train_job, kModelFile), model.network.architecture).to(device_);
    trained_ = {train_job, std::move(model)};
  }
  return *trained_.value;
}

const Scores& JobKinds::scores(const std::string& score_job) {
  if (scores_.job != score_job) {
    scores_ = {score_job, scores_of(read_safetensors(store_.artifact(score_job, kScoreFile)))};
  }
  return *scores_.value;
}

const SimilarityCurves& JobKinds::curves(const std::string& scan_job) {
  if (curves_.job != scan_job) {
    curves_ = {scan_job, curves_of(read_safetensors(store_.artifact(scan_job, kCurveFile)))};
  }
  return *curves_.value;
}

std::vector<at::Tensor> JobKinds::scored_positions(const TrainedModel& model, std::int64_t limit) const {
  return positions_by_category(model.dataset->training.labels, model.dataset->categories(), limit,
                               model.split.training);
}

std::vector<EvaluationRow> JobKinds::evaluate_both(const Network& network, const TrainedModel& model) const {
  const Dataset& dataset = *model.dataset;
  return {row_of("validation", evaluate(network, dataset.training, dataset.normalisation, dataset.categories(),
                                        model.split.validation)),
          row_of("test", evaluate(network, dataset.test, dataset.normalisation, dataset.categories()))};
}

JobResult JobKinds::train(const Job& job) {
  TrainedModel model = without_parameters(job);
  model.network = make_network(model.network.architecture, static_cast<std::uint64_t>(job.seed)).to(device_);
  JobResult result;
  for (const EpochRecord& epoch :
       neusemslice::train(model.network, *model.dataset, model.split, recipe_from(job.parameters.at("recipe")),
                          static_cast<std::uint64_t>(job.seed), train_everything(model.network))) {
    result.epochs.push_back(
        {epoch.epoch, epoch.learning_rate, epoch.training_loss, epoch.training_accuracy, epoch.validation_accuracy});
  }
  result.evaluations = evaluate_both(model.network, model);
  result.artifacts.push_back({kModelFile, safetensors_bytes(model.network.parameters, {{"format", "pt"}})});
  return result;
}

JobResult JobKinds::score(const Job& job) {
  const TrainedModel& model = trained(job.inputs.at(0));
  const ContributionConfig config = contribution_from(job.parameters);
  const Scores scores =
      score_contributions(model.network, model.units, model.dataset->training, model.dataset->normalisation,
                          scored_positions(model, config.samples_per_category), config);
  JobResult result;
  // float64: the order of units whose scores are nearly equal must be that of the pass itself.
  result.artifacts.push_back({kScoreFile, safetensors_bytes(score_tensors(scores, at::kDouble))});
  return result;
}

JobResult JobKinds::scan(const Job& job) {
  const TrainedModel& model = trained(job.inputs.at(0));
  SimilarityConfig config;
  config.samples_per_category = job.parameters.at("samples_per_category");
  config.centered = job.parameters.at("centered");
  config.features = job.parameters.at("features");
  config.memory_mb = scan_memory_mb_;
  const SimilarityCurves curves =
      scan_similarities(model.network, model.units, model.dataset->training, model.dataset->normalisation,
                        scored_positions(model, config.samples_per_category), scores(job.inputs.at(1)), config);
  JobResult result;
  result.artifacts.push_back({kCurveFile, safetensors_bytes(curve_tensors(curves, at::kDouble))});
  return result;
}

JobResult JobKinds::slice(const Job& job) {
  const TrainedModel& model = trained(job.inputs.at(0));
  const Scores& all_scores = scores(job.inputs.at(1));
  const std::string strategy = job.parameters.at("strategy");
  const std::string metric = job.parameters.at("metric");
  const double level = job.parameters.at("level");
  Slice cut;
  if (strategy == "global") {
    cut = global_slice(model.units, all_scores, metric, static_cast<std::int64_t>(level));
  } else if (strategy == "category") {
    cut = category_slice(model.units, all_scores, metric, static_cast<std::int64_t>(level), communicator_);
  } else {
    cut = semantic_slice(model.units, all_scores, curves(job.inputs.at(2)), metric, level,
                         job.parameters.at("interval"), communicator_);
  }
  JobResult result;
  result.slice = row_of(cut, model.network.architecture, model.units);
  result.artifacts.push_back({kSliceFile, slice_to_json(cut).dump() + "\n"});
  return result;
}

JobResult JobKinds::restructure(const Job& job) {
  const TrainedModel& model = trained(job.inputs.at(0));
  const Slice cut = read_slice(store_.artifact(job.inputs.at(1), kSliceFile), model.units);
  JobResult result;
  result.evaluations = evaluate_both(shrink(model.network, model.units, cut.kept), model);
  return result;
}

JobResult JobKinds::time_metrics(const Job& job) {
  const TrainedModel& model = trained(job.inputs.at(0));
  const ContributionConfig config = contribution_from(job.parameters);
  const std::vector<at::Tensor> positions = scored_positions(model, config.samples_per_category);
  const auto seconds_of = [&](const std::vector<std::string>& metrics) {
    ContributionConfig chosen = config;
    chosen.metrics = metrics;
    return median_seconds([&] {
      score_contributions(model.network, model.units, model.dataset->training, model.dataset->normalisation, positions,
                          chosen);
    });
  };
  JobResult result;
  result.metric_seconds.push_back({"all", total(positions), seconds_of(config.metrics)});
  for (const std::string& metric : config.metrics) {
    result.metric_seconds.push_back({metric, total(positions), seconds_of({metric})});
  }
  return result;
}

}  // namespace neusemslice
