#include "scheduling/job_data.hpp"

#include "contribution/score_file.hpp"
#include "models/safetensors.hpp"
#include "models/weights.hpp"
#include "models/zoo.hpp"
#include "scheduling/job_parameters.hpp"
#include "similarity/curve_file.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

EvaluationRow row_of(const std::string& split, const Evaluation& evaluation) {
  return {.split = split, .samples = evaluation.samples, .correct = evaluation.correct};
}

}  // namespace

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
  return model;
}

const TrainedModel& JobData::trained(const std::string& train_job, const JobInputs& inputs) {
  if (trained_.job != train_job) {
    TrainedModel model = untrained(graph_.at(train_job));
    model.network = load_network(inputs.path(train_job, kModelFile), model.network.architecture).to(device_);
    trained_ = {train_job, std::move(model)};
  }
  return *trained_.value;
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
          row_of("test", evaluate(network, dataset.test, dataset.normalisation, dataset.categories()))};
}

}  // namespace neusemslice
