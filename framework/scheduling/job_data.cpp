#include "scheduling/job_data.hpp"

#include "contribution/score_file.hpp"
#include "maintenance/subnetwork.hpp"
#include "models/safetensors.hpp"
#include "models/weights.hpp"
#include "models/zoo.hpp"
#include "scheduling/job_parameters.hpp"
#include "similarity/curve_file.hpp"
#include "slicing/task_units.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

EvaluationRow row_of(const std::string& split, const Evaluation& evaluation) {
  return {.split = split, .samples = evaluation.samples, .correct = evaluation.correct};
}

}  // namespace

at::Tensor TrainedModel::test_positions() const {
  if (categories.empty()) return {};
  return positions_of(categories, dataset->test.labels);
}

const Job& training_of(const JobGraph& graph, const Job& job) {
  return job.kind == "train" ? job : training_of(graph, graph.at(job.inputs.at(0)));
}

std::vector<at::Tensor> TrainedModel::positions_by_category(std::int64_t limit) const {
  return neusemslice::positions_by_category(dataset->training.labels, dataset->categories(), limit, split.training);
}

TrainedModel JobData::untrained(const Job& train_job) {
  TrainedModel model;
  model.dataset = &datasets_.get(train_job.parameters.at("dataset").get<std::string>());
  model.network.architecture = make_architecture(model_from(train_job.parameters.at("model")),
                                                 model.dataset->image_shape(), model.dataset->categories());
  model.units = derive_units(model.network.architecture);
  model.split =
      split_training(model.dataset->training.labels, model.dataset->categories(),
                     train_job.parameters.at("validation_percent"), static_cast<std::uint64_t>(train_job.seed));
  model.categories = train_job.parameters.value("categories", Categories());
  if (!model.categories.empty()) model.split = split_of(model.categories, model.dataset->training.labels, model.split);
  return model;
}

TrainedModel JobData::task_model(const Job& learn_job, const JobInputs& inputs) {
  const Job& training = training_of(graph_, learn_job);
  Job of_task = training;
  TrainedModel model = untrained(training);
  const TaskUnits task =
      read_tasks(inputs.path(learn_job.key, kTasksFile), model.units, model.dataset->categories()).back();
  of_task.parameters["categories"] = task.categories;
  model = untrained(of_task);
  model.network.architecture = shrunken_architecture(model.network.architecture, model.units, task.kept);
  model.units = derive_units(model.network.architecture);
  model.network = load_network(inputs.path(learn_job.key, kSubnetworkFile), model.network.architecture).to(device_);
  return model;
}

const TrainedModel& JobData::trained(const std::string& job, const JobInputs& inputs) {
  if (trained_.job != job) {
    const Job& training = graph_.at(job);
    if (training.kind == "learn") {
      trained_ = {job, task_model(training, inputs)};
    } else {
      TrainedModel model = untrained(training);
      model.network = load_network(inputs.path(job, kModelFile), model.network.architecture).to(device_);
      trained_ = {job, std::move(model)};
    }
  }
  return *trained_.value;
}

Network JobData::whole_network(const std::string& job, const JobInputs& inputs) {
  const Architecture architecture = untrained(training_of(graph_, graph_.at(job))).network.architecture;
  return load_network(inputs.path(job, kModelFile), architecture).to(device_);
}

const Scores& JobData::scores(const std::string& score_job, const JobInputs& inputs) {
  if (scores_.job != score_job) {
    scores_ = {score_job, scores_of(read_safetensors(inputs.path(score_job, kScoreFile)))};
  }
  return *scores_.value;
}

const SimilarityCurves& JobData::curves(const std::string& scan_job, const JobInputs& inputs) {
  if (curves_.job != scan_job) {
    curves_ = {scan_job, curves_of(read_safetensors(inputs.path(scan_job, kCurveFile)))};
  }
  return *curves_.value;
}

std::vector<EvaluationRow> evaluate_both(const Network& network, const TrainedModel& model) {
  const Dataset& dataset = *model.dataset;
  return {row_of("validation", evaluate(network, dataset.training, dataset.normalisation, dataset.categories(),
                                        model.split.validation)),
          row_of("test",
                 evaluate(network, dataset.test, dataset.normalisation, dataset.categories(), model.test_positions()))};
}

}  // namespace neusemslice
