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
#include "models/zoo.hpp"
#include "parallel/together.hpp"
#include "similarity/curve_file.hpp"
#include "slicing/slice_file.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;

// Counted up when what a kind computes changes, so that old results are not taken for new ones.
constexpr int kTrainVersion = 1;
constexpr int kScoreVersion = 2;
constexpr int kScanVersion = 1;
constexpr int kSliceVersion = 1;
constexpr int kRestructureVersion = 1;
constexpr int kTimingVersion = 2;

constexpr const char* kModelFile = "model.safetensors";
constexpr const char* kScoreFile = "scores.safetensors";
constexpr const char* kCurveFile = "similarity.safetensors";
constexpr const char* kSliceFile = "slice.json";

/// Only what the network uses: widths that another kind of network has must not make a new job.
Json to_json(const ModelConfig& model) {
  Json json = {{"name", model.name}};
  if (model.name == "mlp") json["hidden"] = model.hidden;
  if (model.width != 1) json["width"] = model.width;
  return json;
}

ModelConfig model_from(const Json& json) {
  ModelConfig model{.name = json.at("name")};
  model.hidden = json.value("hidden", model.hidden);
  model.width = json.value("width", model.width);
  return model;
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

/// Only the proportions matter, and only until such a job has been done here: training outweighs everything, the jobs
/// after a slice are small.
double guessed_seconds(const std::string& kind) {
  if (kind == "train") return 60;
  return kind == "slice" || kind == "restructure" ? 0.05 : 5;
}

bool is_divided_by_categories(const std::string& kind) {
  return kind == "score" || kind == "scan" || kind == "slice";
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

JobKinds::JobKinds(const JobGraph& graph, DatasetCache& datasets, at::Device device, std::int64_t scan_memory_mb)
    : graph_(graph), datasets_(datasets), device_(device), scan_memory_mb_(scan_memory_mb) {}

JobFunctions JobKinds::functions() {
  const auto bound = [this](JobOutput (JobKinds::*function)(const Job&, const JobContext&)) {
    return [this, function](const Job& job, const JobContext& context) { return (this->*function)(job, context); };
  };
  return {{"train", bound(&JobKinds::train)},
          {"score", bound(&JobKinds::score)},
          {"scan", bound(&JobKinds::scan)},
          {"slice", bound(&JobKinds::slice)},
          {"restructure", bound(&JobKinds::restructure)},
          {"time-metrics", bound(&JobKinds::time_metrics)}};
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

const JobKinds::TrainedModel& JobKinds::trained(const std::string& train_job, const JobInputs& inputs) {
  if (trained_.job != train_job) {
    TrainedModel model = without_parameters(graph_.at(train_job));
    model.network = load_network(inputs.path(train_job, kModelFile), model.network.architecture).to(device_);
    trained_ = {train_job, std::move(model)};
  }
  return *trained_.value;
}

const Scores& JobKinds::scores(const std::string& score_job, const JobInputs& inputs) {
  if (scores_.job != score_job) {
    scores_ = {score_job, scores_of(read_safetensors(inputs.path(score_job, kScoreFile)))};
  }
  return *scores_.value;
}

const SimilarityCurves& JobKinds::curves(const std::string& scan_job, const JobInputs& inputs) {
  if (curves_.job != scan_job) {
    curves_ = {scan_job, curves_of(read_safetensors(inputs.path(scan_job, kCurveFile)))};
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

JobOutput JobKinds::train(const Job& job, const JobContext& context) {
  TrainedModel model = without_parameters(job);
  const auto seed = static_cast<std::uint64_t>(job.seed);
  model.network = make_network(model.network.architecture, seed).to(device_);
  const TrainingRecord record =
      neusemslice::train(model.network, *model.dataset, model.split, recipe_from(job.parameters.at("recipe")), seed,
                         train_everything(model.network), {.checkpoint = context.checkpoint, .identity = job.key});
  JobOutput output{.earlier_seconds = record.earlier_seconds};
  for (const EpochRecord& epoch : record.epochs) {
    output.rows.epochs.push_back(
        {epoch.epoch, epoch.learning_rate, epoch.training_loss, epoch.training_accuracy, epoch.validation_accuracy});
  }
  output.rows.evaluations = evaluate_both(model.network, model);
  output.files.push_back({kModelFile, network_bytes(model.network)});
  return output;
}

JobOutput JobKinds::score(const Job& job, const JobContext& context) {
  const ContributionConfig config = contribution_from(job.parameters);
  const TrainedModel* model = nullptr;
  together(context.communicator, [&] { model = &trained(job.inputs.at(0), context.inputs); });
  const Scores result =
      score_contributions(model->network, model->units, model->dataset->training, model->dataset->normalisation,
                          scored_positions(*model, config.samples_per_category), config, context.communicator);
  // float64: the order of units whose scores are nearly equal must be that of the pass itself.
  return {.files = {{kScoreFile, safetensors_bytes(score_tensors(result, at::kDouble))}}};
}

JobOutput JobKinds::scan(const Job& job, const JobContext& context) {
  SimilarityConfig config;
  config.samples_per_category = job.parameters.at("samples_per_category");
  config.centered = job.parameters.at("centered");
  config.features = job.parameters.at("features");
  config.memory_mb = scan_memory_mb_;
  const TrainedModel* model = nullptr;
  const Scores* by_layer = nullptr;
  together(context.communicator, [&] {
    model = &trained(job.inputs.at(0), context.inputs);
    by_layer = &scores(job.inputs.at(1), context.inputs);
  });
  const SimilarityCurves curves =
      scan_similarities(model->network, model->units, model->dataset->training, model->dataset->normalisation,
                        scored_positions(*model, config.samples_per_category), *by_layer, config, context.communicator);
  return {.files = {{kCurveFile, safetensors_bytes(curve_tensors(curves, at::kDouble))}}};
}

JobOutput JobKinds::slice(const Job& job, const JobContext& context) {
  const std::string strategy = job.parameters.at("strategy");
  const std::string metric = job.parameters.at("metric");
  const double level = job.parameters.at("level");
  const TrainedModel* model = nullptr;
  const Scores* by_layer = nullptr;
  const SimilarityCurves* similarity = nullptr;
  together(context.communicator, [&] {
    model = &trained(job.inputs.at(0), context.inputs);
    by_layer = &scores(job.inputs.at(1), context.inputs);
    if (strategy == "semantic") similarity = &curves(job.inputs.at(2), context.inputs);
  });
  Slice cut;
  if (strategy == "global") {
    cut = global_slice(model->units, *by_layer, metric, static_cast<std::int64_t>(level));
  } else if (strategy == "category") {
    cut = category_slice(model->units, *by_layer, metric, static_cast<std::int64_t>(level), context.communicator);
  } else {
    cut = semantic_slice(model->units, *by_layer, *similarity, metric, level, job.parameters.at("interval"),
                         context.communicator);
  }
  JobOutput output;
  output.rows.slice = row_of(cut, model->network.architecture, model->units);
  output.files.push_back({kSliceFile, slice_to_json(cut).dump() + "\n"});
  return output;
}

JobOutput JobKinds::restructure(const Job& job, const JobContext& context) {
  const TrainedModel& model = trained(job.inputs.at(0), context.inputs);
  const Slice cut = read_slice(context.inputs.path(job.inputs.at(1), kSliceFile), model.units);
  return {.rows = {.evaluations = evaluate_both(shrink(model.network, model.units, cut.kept), model)}};
}

JobOutput JobKinds::time_metrics(const Job& job, const JobContext& context) {
  const TrainedModel& model = trained(job.inputs.at(0), context.inputs);
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
  JobOutput output;
  output.rows.metric_seconds.push_back({"all", total(positions), seconds_of(config.metrics)});
  for (const std::string& metric : config.metrics) {
    output.rows.metric_seconds.push_back({metric, total(positions), seconds_of({metric})});
  }
  return output;
}

std::vector<JobEstimate> estimate_jobs(const JobGraph& graph, const JobCosts& costs, DatasetCache& datasets) {
  std::vector<JobEstimate> estimates;
  for (const Job& job : graph.jobs()) {
    JobEstimate estimate{.seconds = costs.expected(job.kind, job.setting).value_or(guessed_seconds(job.kind))};
    if (is_divided_by_categories(job.kind)) {
      const Job& model = graph.at(job.inputs.at(0));
      estimate.most_ranks = static_cast<int>(datasets.get(model.parameters.at("dataset")).categories());
    }
    estimates.push_back(estimate);
  }
  return estimates;
}

}  // namespace neusemslice
