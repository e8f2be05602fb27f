#include "scheduling/kinds/learn_job.hpp"

#include <algorithm>

#include <fmt/ranges.h>

#include "baselines/critical_layers.hpp"
#include "baselines/deeparc.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/random.hpp"
#include "maintenance/restructure.hpp"
#include "maintenance/subnetwork.hpp"
#include "maintenance/trainable_part.hpp"
#include "models/weights.hpp"
#include "scheduling/job_parameters.hpp"
#include "scheduling/kinds/deeparc_job.hpp"
#include "slicing/slice_file.hpp"
#include "slicing/task_units.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 3;

/// Delta-coded: what a user of the network has to keep of the earlier tasks.
constexpr const char* kKeptUnitsFile = "kept_units.bin";

/// A job's tasks and data. The split is that of all categories.
class Learning {
 public:
  Learning(JobData& data, const Job& job, const JobContext& context, const TrainedModel& all)
      : data_(data), job_(job), context_(context), all_(all), network_(data.whole_network(base(), context.inputs)) {
    row_.method = job.parameters.at("method");
    row_.replay_percent = job.parameters.value("replay_percent", std::int64_t{0});
    row_.step = job.parameters.at("step");
    row_.parameters = parameter_count(network_.architecture);
  }

  JobOutput run() {
    if (row_.method == "slice" || row_.method == "slice_replay") {
      learn_in_free_units();
    } else if (row_.method != "original") {
      learn_in_the_whole();
    }
    evaluate_tasks();
    output_.rows.learning = row_;
    if (row_.method != "original") output_.files.push_back({kModelFile, network_bytes(network_)});
    return std::move(output_);
  }

 private:
  [[nodiscard]] const std::string& base() const { return job_.inputs.at(0); }
  [[nodiscard]] std::uint64_t seed() const { return static_cast<std::uint64_t>(job_.seed); }
  [[nodiscard]] std::size_t step() const { return static_cast<std::size_t>(row_.step); }
  [[nodiscard]] std::vector<Categories> tasks() const { return job_.parameters.at("tasks"); }
  [[nodiscard]] const at::Tensor& labels() const { return all_.dataset->training.labels; }
  [[nodiscard]] TrainingSplit split_of_task(std::size_t task) const {
    return split_of(tasks().at(task), labels(), all_.split);
  }

  /// The training images of an earlier task that are used again.
  at::Tensor replayed(std::size_t task) {
    const at::Tensor positions =
        replayed_positions(tasks().at(task), labels(), all_.split.training, row_.replay_percent, seed());
    row_.replayed_samples += positions.numel();
    row_.replay_bytes += positions.numel() * (all_.dataset->training.images[0].numel() + 1);
    return positions;
  }

  /// `purpose` names the random stream of this training among those of the chain.
  void train_on(Network& network, const TrainingSplit& split, const char* recipe, const std::string& purpose,
                const TrainableParameters& trainable, const TrainingOptions& options) {
    const TrainingRecord record =
        train(network, *all_.dataset, split, recipe_from(job_.parameters.at(recipe)),
              derived_seed(seed(), fmt::format("learn/step {}/{}", step(), purpose)), trainable, options);
    row_.seconds += record.seconds;
    row_.trained_parameters += trainable_count(network, trainable);
    output_.earlier_seconds += record.earlier_seconds;
  }

  [[nodiscard]] TrainingOptions resumable() const { return {.checkpoint = context_.checkpoint, .identity = job_.key}; }

  /// Retrain, replay and DeepArc: every task by the whole network.
  void learn_in_the_whole() {
    TrainingSplit split = split_of_task(step());
    if (row_.method == "replay") {
      std::vector<at::Tensor> positions = {split.training};
      for (std::size_t task = 0; task < step(); ++task) positions.push_back(replayed(task));
      split.training = std::get<0>(at::cat(positions).sort());
    }
    const TrainableParameters trainable = row_.method == "deeparc" ? deeparc_layers() : train_everything(network_);
    train_on(network_, split, "recipe", "task", trainable, resumable());
  }

  /// The redundant layers by the data of the task before, else the layer most like the one before it; not the output
  /// layer, which has no units.
  [[nodiscard]] TrainableParameters deeparc_layers() const {
    TrainedModel before{.network = network_, .units = all_.units, .dataset = all_.dataset};
    before.split = split_of_task(step() - 1);
    const LayerSimilarity similarity = compare_layers(before, job_.parameters, seed());
    const std::vector<double> adjacent = adjacent_similarities(similarity.matrix);
    require_input(!adjacent.empty(), "{}: DeepArc compares neighbouring layers, and there is one only",
                  network_.architecture.name);
    const double threshold = job_.parameters.at("threshold");
    std::vector<std::size_t> places = redundant_layers(similarity.layers, find_modules(adjacent, threshold));
    if (places.empty()) {
      places = {static_cast<std::size_t>(std::ranges::max_element(adjacent) - adjacent.begin()) + 1};
    }
    return trainable_layers(network_, layers_within(network_.architecture, similarity.layers, places));
  }

  /// NeuSemSlice: the earlier tasks keep their slices, the new one gets all other units.
  void learn_in_free_units() {
    std::vector<TaskUnits> learned = earlier_tasks();
    std::vector<KeptUnits> used;
    for (const TaskUnits& task : learned) used.push_back(task.kept);
    const std::string kept_units = delta_coded(used);
    row_.plain_slice_bytes = plain_bytes(used);
    row_.slice_bytes = static_cast<std::int64_t>(kept_units.size());
    learned.push_back({tasks().at(step()), free_units(all_.units, used)});
    // First what is short, so that a checkpoint is always that of the long training.
    if (row_.method == "slice_replay") {
      for (std::size_t task = 0; task < step(); ++task) fine_tune(learned[task], task);
    }
    Network part = shrink(network_, all_.units, learned.back().kept).clone();
    train_on(part, split_of_task(step()), "recipe", "task", own_parameters(part, all_.units, learned.back().categories),
             resumable());
    put_back(network_, all_.units, learned.back().kept, part);
    learned_ = std::move(learned);
    output_.files.push_back({kTasksFile, to_json(learned_).dump() + "\n"});
    output_.files.push_back({kKeptUnitsFile, kept_units});
    output_.files.push_back({kSubnetworkFile, network_bytes(part)});
  }

  /// Trains an earlier task's sub-network on what is replayed of its images.
  void fine_tune(const TaskUnits& task, std::size_t number) {
    Network part = shrink(network_, all_.units, task.kept).clone();
    const TrainingSplit split{replayed(number), split_of_task(number).validation};
    train_on(part, split, "replay_recipe", fmt::format("replay of task {}", number),
             own_parameters(part, all_.units, task.categories), {});
    put_back(network_, all_.units, task.kept, part);
  }

  /// The tasks learned so far and their slices. The newest one's, which used all the units that were free when it was
  /// learned, is cut to the slice that was chosen of them.
  std::vector<TaskUnits> earlier_tasks() {
    const TrainedModel& newest = data_.trained(base(), context_.inputs);
    const Scores& scores = data_.scores(job_.inputs.at(2), context_.inputs);
    const Slice slice = read_slice(context_.inputs.path(job_.inputs.at(1), kSliceFile), newest.units);
    const KeptUnits kept = leave_units_free(newest.units, slice, scores);
    if (step() == 1) return {{tasks().front(), kept}};
    std::vector<TaskUnits> learned =
        read_tasks(context_.inputs.path(base(), kTasksFile), all_.units, all_.dataset->categories());
    learned.back().kept = units_within(learned.back().kept, kept);
    return learned;
  }

  /// With slices, a task is predicted by its own units, one that is still to be learned by the newest one's.
  void evaluate_tasks() {
    const Dataset& dataset = *all_.dataset;
    const std::vector<Categories> categories = tasks();
    for (std::size_t task = 0; task < categories.size(); ++task) {
      const Network network = learned_.empty()
                                  ? network_
                                  : shrink(network_, all_.units, learned_[std::min(task, learned_.size() - 1)].kept);
      const at::Tensor positions = positions_of(categories[task], dataset.test.labels);
      const Evaluation result = evaluate(network, dataset.test, dataset.normalisation, dataset.categories(), positions);
      row_.tasks.push_back({static_cast<std::int64_t>(task), fmt::format("{}", fmt::join(categories[task], " ")),
                            result.total_samples(), result.total_correct()});
    }
  }

  JobData& data_;
  const Job& job_;
  const JobContext& context_;
  const TrainedModel& all_;
  Network network_;
  std::vector<TaskUnits> learned_;  ///< with slices
  LearningRow row_;
  JobOutput output_;
};

/// The data and units of the network, with the split of all categories.
TrainedModel all_categories(JobData& data, const Job& training) {
  Job of_all = training;
  of_all.parameters.erase("categories");
  return data.untrained(of_all);
}

}  // namespace

std::string add_learn_job(JobGraph& graph, const SuiteConfig& suite, const SettingConfig& setting,
                          const std::string& base, const std::vector<Categories>& tasks, std::size_t step,
                          const LearnMethod& method, const ChosenSlice& slice) {
  const Job& model = graph.at(base);
  nlohmann::json parameters = {{"method", method.name}, {"tasks", tasks}, {"step", step}};
  if (method.name != "original") parameters["recipe"] = to_json(setting.recipe);
  if (method.replay_percent > 0) parameters["replay_percent"] = method.replay_percent;
  if (method.name == "slice_replay") {
    parameters["replay_recipe"] =
        to_json(fine_tuning(setting.recipe, setting.recipe.epochs, suite.increment.learning_rate_factor));
  }
  if (method.name == "deeparc") {
    parameters.update({{"threshold", suite.deeparc.threshold},
                       {"similarity", suite.deeparc.similarity},
                       {"samples", suite.deeparc.samples}});
  }
  std::vector<std::string> inputs = {base};
  if (!slice.choose.empty()) inputs.insert(inputs.end(), {slice.choose, slice.score});
  return graph.add("learn", kVersion, model.setting, model.seed, parameters, inputs);
}

JobOutput run_learn_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel all = all_categories(data, data.training(job));
  return Learning(data, job, context, all).run();
}

}  // namespace neusemslice
