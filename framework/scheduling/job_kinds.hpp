#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "config/suite.hpp"
#include "contribution/scorer.hpp"
#include "data/dataset_cache.hpp"
#include "data/split.hpp"
#include "models/network.hpp"
#include "scheduling/job_function.hpp"
#include "scheduling/schedule.hpp"
#include "similarity/curves.hpp"
#include "slicing/slice.hpp"
#include "store/job_history.hpp"

namespace neusemslice {

/// The kinds of job of method.md: `add_*` put one into a graph with everything that determines its result, `functions`
/// does them. What a job needs comes from the files of its inputs; the last one read of each kind is kept in memory.
class JobKinds {
 public:
  /// `scan_memory_mb` bounds the similarity scan's memory.
  JobKinds(const JobGraph& graph, DatasetCache& datasets, at::Device device, std::int64_t scan_memory_mb);

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

  JobOutput train(const Job& job, const JobContext& context);
  JobOutput score(const Job& job, const JobContext& context);
  JobOutput scan(const Job& job, const JobContext& context);
  JobOutput slice(const Job& job, const JobContext& context);
  JobOutput restructure(const Job& job, const JobContext& context);
  JobOutput time_metrics(const Job& job, const JobContext& context);

  /// Data, split, architecture and units of a training job; its parameters are drawn by `train`, read by `trained`.
  TrainedModel without_parameters(const Job& job);
  const TrainedModel& trained(const std::string& train_job, const JobInputs& inputs);
  const Scores& scores(const std::string& score_job, const JobInputs& inputs);
  const SimilarityCurves& curves(const std::string& scan_job, const JobInputs& inputs);
  [[nodiscard]] std::vector<at::Tensor> scored_positions(const TrainedModel& model, std::int64_t limit) const;
  [[nodiscard]] std::vector<EvaluationRow> evaluate_both(const Network& network, const TrainedModel& model) const;

  const JobGraph& graph_;
  DatasetCache& datasets_;
  at::Device device_;
  std::int64_t scan_memory_mb_;
  Latest<TrainedModel> trained_;
  Latest<Scores> scores_;
  Latest<SimilarityCurves> curves_;
};

/// What each job is expected to take, by what such jobs took before (else a rough guess), and among how many ranks it
/// can be divided: score, scan and slice by categories.
std::vector<JobEstimate> estimate_jobs(const JobGraph& graph, const JobCosts& costs, DatasetCache& datasets);

}  // namespace neusemslice
