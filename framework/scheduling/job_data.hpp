#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "contribution/scorer.hpp"
#include "data/dataset_cache.hpp"
#include "data/split.hpp"
#include "data/tasks.hpp"
#include "models/network.hpp"
#include "models/units.hpp"
#include "scheduling/job_function.hpp"
#include "similarity/curves.hpp"
#include "slicing/slice.hpp"

namespace neusemslice {

/// A model with the data and the split it is trained on.
struct TrainedModel {
  Network network;
  UnitGraph units;
  const Dataset* dataset = nullptr;
  TrainingSplit split;    ///< of the model's categories
  Categories categories;  ///< that it is trained on; none: all

  /// Of the model's categories; undefined: all.
  [[nodiscard]] at::Tensor test_positions() const;
  /// For each category the first `limit` training samples (0 = all), in file order.
  [[nodiscard]] std::vector<at::Tensor> positions_by_category(std::int64_t limit) const;
};

/// The job that trained the network which `job`, one that needs a model first of all, goes back to.
const Job& training_of(const JobGraph& graph, const Job& job);

/// What jobs need of the jobs before them, read from the files these left. The last one read of each kind is kept in
/// memory: jobs that share it tend to come one after the other.
class JobData {
 public:
  /// `scan_memory_mb` bounds the similarity scan's memory.
  JobData(const JobGraph& graph, DatasetCache& datasets, at::Device device, std::int64_t scan_memory_mb)
      : graph_(graph), datasets_(datasets), device_(device), scan_memory_mb_(scan_memory_mb) {}

  [[nodiscard]] at::Device device() const { return device_; }
  [[nodiscard]] std::int64_t scan_memory_mb() const { return scan_memory_mb_; }

  /// training_of, in this run's graph.
  [[nodiscard]] const Job& training(const Job& job) const { return training_of(graph_, job); }

  /// Data, split, architecture and units of a training job, without parameters.
  TrainedModel untrained(const Job& train_job);
  /// Of a learn job: the sub-network that learned its task, with that task's data.
  const TrainedModel& trained(const std::string& job, const JobInputs& inputs);
  /// The whole network that a train or learn job left.
  Network whole_network(const std::string& job, const JobInputs& inputs);
  const Scores& scores(const std::string& score_job, const JobInputs& inputs);
  const SimilarityCurves& curves(const std::string& scan_job, const JobInputs& inputs);

 private:
  template <typename Value>
  struct Latest {
    std::string job;
    std::optional<Value> value;
  };

  TrainedModel task_model(const Job& learn_job, const JobInputs& inputs);

  const JobGraph& graph_;
  DatasetCache& datasets_;
  at::Device device_;
  std::int64_t scan_memory_mb_;
  Latest<TrainedModel> trained_;
  Latest<Scores> scores_;
  Latest<SimilarityCurves> curves_;
};

/// Names of the files that jobs leave.
inline constexpr const char* kModelFile = "model.safetensors";
inline constexpr const char* kScoreFile = "scores.safetensors";
inline constexpr const char* kCurveFile = "similarity.safetensors";
inline constexpr const char* kSliceFile = "slice.json";
inline constexpr const char* kTasksFile = "tasks.json";
inline constexpr const char* kSubnetworkFile = "subnetwork.safetensors";

/// Correct predictions of `network` on the validation part and on the test set, as rows.
std::vector<EvaluationRow> evaluate_both(const Network& network, const TrainedModel& model);

}  // namespace neusemslice
