#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "config/suite.hpp"
#include "contribution/scorer.hpp"
#include "data/dataset.hpp"
#include "data/split.hpp"
#include "models/network.hpp"
#include "scheduling/runner.hpp"
#include "similarity/curves.hpp"
#include "slicing/slice.hpp"

namespace neusemslice {

/// Data sets by name, read once.
class DatasetCache {
 public:
  explicit DatasetCache(std::optional<std::filesystem::path> data_dir) : data_dir_(std::move(data_dir)) {}
  const Dataset& get(const std::string& name);

 private:
  std::optional<std::filesystem::path> data_dir_;
  std::map<std::string, Dataset> datasets_;
};

/// The kinds of job of method.md: `add_*` put one into a graph with everything that determines its result, `functions`
/// does them. What a job needs comes from the files of its inputs; the last one read of each kind is kept in memory.
class JobKinds {
 public:
  /// `scan_memory_mb` bounds the similarity scan's memory.
  JobKinds(const JobGraph& graph, Store& store, DatasetCache& datasets, at::Device device, std::int64_t scan_memory_mb);

  [[nodiscard]] JobFunctions functions();

  static std::string add_train(JobGraph& graph, const SettingConfig& setting, const Dataset& dataset,
                               std::int64_t validation_percent, std::int64_t seed);
  static std::string add_score(JobGraph& graph, const std::string& train, const ContributionConfig& config);
  static std::string add_scan(JobGraph& graph, const std::string& score, const SimilarityConfig& config);
  /// `scan` is empty for the strategies that need none.
  static std::string add_slice(JobGraph& graph, const std::string& strategy, const std::string& metric, double level,
                               std::int64_t interval, const std::string& score, const std::string& scan);
  static std::string add_restructure(JobGraph& graph, const std::string& train, const std::string& slice);
  static std::string add_metric_timing(JobGraph& graph, const std::string& train, const ContributionConfig& config);

 private:
  /// A trained model with the data and the split it was trained on.
  struct TrainedModel {
    Network network;
    UnitGraph units;
    const Dataset* dataset = nullptr;
    TrainingSplit split;
  };

  /// The last value read, and the job it belongs to.
  template <typename Value>
  struct Latest {
    std::string job;
    std::optional<Value> value;
  };

  JobResult train(const Job& job);
  JobResult score(const Job& job);
  JobResult scan(const Job& job);
  JobResult slice(const Job& job);
  JobResult restructure(const Job& job);
  JobResult time_metrics(const Job& job);

  /// Data, split, architecture and units of a training job; its parameters are drawn by `train`, read by `trained`.
  TrainedModel without_parameters(const Job& job);
  const TrainedModel& trained(const std::string& train_job);
  const Scores& scores(const std::string& score_job);
  const SimilarityCurves& curves(const std::string& scan_job);
  [[nodiscard]] std::vector<at::Tensor> scored_positions(const TrainedModel& model, std::int64_t limit) const;
  [[nodiscard]] std::vector<EvaluationRow> evaluate_both(const Network& network, const TrainedModel& model) const;

  const JobGraph& graph_;
  Store& store_;
  DatasetCache& datasets_;
  at::Device device_;
  std::int64_t scan_memory_mb_;
  SingleCommunicator communicator_;
  Latest<TrainedModel> trained_;
  Latest<Scores> scores_;
  Latest<SimilarityCurves> curves_;
};

}  // namespace neusemslice
