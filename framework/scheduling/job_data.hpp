#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "contribution/scorer.hpp"
#include "data/dataset_cache.hpp"
#include "data/split.hpp"
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
  TrainingSplit split;

  /// For each category the first `limit` training samples (0 = all), in file order.
  [[nodiscard]] std::vector<at::Tensor> positions_by_category(std::int64_t limit) const;
};

/// What jobs need of the jobs before them, read from the files these left. The last one read of each kind is kept in
/// memory: jobs that share it tend to come one after the other.
class JobData {
 public:
  /// `scan_memory_mb` bounds the similarity scan's memory.
  JobData(const JobGraph& graph, DatasetCache& datasets, at::Device device, std::int64_t scan_memory_mb)
      : graph_(graph), datasets_(datasets), device_(device), scan_memory_mb_(scan_memory_mb) {}

  [[nodiscard]] at::Device device() const { return device_; }
  [[nodiscard]] std::int64_t scan_memory_mb() const { return scan_memory_mb_; }

  /// Data, split, architecture and units of a training job, without parameters.
  TrainedModel untrained(const Job& train_job);
  const TrainedModel& trained(const std::string& train_job, const JobInputs& inputs);
  const Scores& scores(const std::string& score_job, const JobInputs& inputs);
  const SimilarityCurves& curves(const std::string& scan_job, const JobInputs& inputs);

 private:
  template <typename Value>
  struct Latest {
    std::string job;
    std::optional<Value> value;
  };

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

/// Correct predictions of `network` on the validation part and on the test set, as rows.
std::vector<EvaluationRow> evaluate_both(const Network& network, const TrainedModel& model);

}  // namespace neusemslice
