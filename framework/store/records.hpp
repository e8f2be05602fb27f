#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace neusemslice {

enum class JobState { waiting, done, failed, skipped };

std::string to_string(JobState state);

/// A job as the database keeps it: what it is, not how it ended.
struct JobRow {
  std::string key;
  std::string kind;
  std::string setting;
  std::int64_t seed = 0;
  std::string parameters;           ///< JSON
  std::vector<std::string> inputs;  ///< keys
};

struct EpochRow {
  std::int64_t epoch = 0;
  double learning_rate = 0;
  double training_loss = 0;
  double training_accuracy = 0;
  double validation_accuracy = 0;
};

/// Correct predictions by category on one split ("validation" or "test").
struct EvaluationRow {
  std::string split;
  std::vector<std::int64_t> samples;
  std::vector<std::int64_t> correct;
};

struct MetricSecondsRow {
  std::string metric;  ///< "all" for the one pass that gives every metric
  std::int64_t samples = 0;
  double seconds = 0;
};

struct SliceLayerRow {
  std::string layer;
  std::int64_t units = 0;
  std::int64_t kept = 0;
  bool rescued = false;
};

struct SliceRow {
  std::string strategy;
  std::string metric;
  double level = 0;
  std::int64_t parameters = 0;
  std::int64_t original_parameters = 0;
  std::vector<SliceLayerRow> layers;
};

/// What DeepArc took out of a model.
struct LayerRemovalRow {
  double threshold = 0;
  std::string similarity;  ///< which CKA
  double modularity = 0;
  std::int64_t parameters = 0;
  std::int64_t original_parameters = 0;
  std::vector<std::string> removed;        ///< names of layers
  std::vector<std::string> layers;         ///< that were compared
  std::vector<double> layer_similarities;  ///< row by row, layers x layers
};

/// A model after so many prunings; 0 is what pruning starts from.
struct PruningIterationRow {
  std::int64_t iteration = 0;
  std::int64_t parameters = 0;  ///< left: neither pruned nor removed with a unit
  double validation_accuracy = 0;
  double test_accuracy = 0;
};

/// Iterated pruning of one model: the last iterate within the tolerance is its result.
struct PruningRow {
  std::string method;
  std::string start;  ///< "model" or "slice"
  double rate = 0;
  std::string stopped_by;  ///< "accuracy", "iterations" or "method" (which can prune no further)
  std::int64_t iterations = 0;
  std::int64_t parameters = 0;
  std::int64_t original_parameters = 0;
  std::int64_t dense_bytes = 0;  ///< of the result as a file of float32
  std::int64_t csr_bytes = 0;    ///< with compressed sparse rows where these are smaller
  std::int64_t gzip_bytes = 0;   ///< the dense file, compressed
  std::vector<PruningIterationRow> history;
};

/// How much of a model's accuracy on some samples an attack leaves.
struct AttackRow {
  std::string attack;  ///< fgsm or pgd
  std::string split;   ///< "training" or "test"
  std::int64_t samples = 0;
  std::int64_t correct = 0;         ///< of the attacked samples
  std::int64_t benign_correct = 0;  ///< of the samples themselves
};

/// A model retrained on adversarial samples.
struct ReadaptationRow {
  std::string attack;
  std::string method;  ///< full, deeparc, slice or both
  std::int64_t trained_parameters = 0;
  std::int64_t parameters = 0;
  std::int64_t samples = 0;             ///< adversarial ones that it was retrained on
  std::int64_t retrained_correct = 0;   ///< of these
  std::int64_t reattack_samples = 0;    ///< new ones, made against the retrained model from test images
  std::int64_t reattacked_correct = 0;  ///< of these
  double seconds = 0;                   ///< of the retraining alone
};

/// How much of one task's test images a network has right.
struct TaskAccuracyRow {
  std::int64_t task = 0;   ///< from 0, in the order learned
  std::string categories;  ///< "0 1 2"
  std::int64_t samples = 0;
  std::int64_t correct = 0;
};

/// A model that has been taught another task.
struct LearningRow {
  std::string method;               ///< original, retrain, replay, deeparc, slice or slice_replay
  std::int64_t replay_percent = 0;  ///< of the earlier tasks' training images
  std::int64_t step = 0;            ///< the task learned, from 0; of "original": 0
  std::int64_t trained_parameters = 0;
  std::int64_t parameters = 0;
  std::int64_t replayed_samples = 0;   ///< training images of earlier tasks that are kept and used again ...
  std::int64_t replay_bytes = 0;       ///< ... pixels and labels, one byte each
  std::int64_t slice_bytes = 0;        ///< of the earlier tasks' slices, delta-coded
  std::int64_t plain_slice_bytes = 0;  ///< as 32-bit indices
  double seconds = 0;                  ///< of the training alone
  std::vector<TaskAccuracyRow> tasks;  ///< all of them, also those not learned yet
};

/// A file a job leaves, before it is written.
struct Artifact {
  std::string name;  ///< "model.safetensors"
  std::string bytes;
};

/// The same once it is written (write_artifacts).
struct ArtifactRow {
  std::string name;
  std::string path;  ///< relative to the workspace
  std::int64_t bytes = 0;
  std::string sha256;
};

/// Everything a job leaves. Its files are there before the one transaction that writes its rows.
struct JobResult {
  std::vector<EpochRow> epochs;
  std::vector<EvaluationRow> evaluations;
  std::vector<MetricSecondsRow> metric_seconds;
  std::optional<SliceRow> slice;
  std::optional<LayerRemovalRow> layer_removal;
  std::optional<PruningRow> pruning;
  std::vector<AttackRow> attacks;
  std::optional<ReadaptationRow> readaptation;
  std::optional<LearningRow> learning;
  std::vector<ArtifactRow> artifacts;
};

/// What a job took.
struct Effort {
  double seconds = 0;                  ///< wall clock
  std::int64_t peak_memory_bytes = 0;  ///< of one process
  int ranks = 1;                       ///< that did it together
};

/// One invocation of `neusemslice run`.
struct RunInfo {
  std::string suite;
  std::string config;  ///< the resolved YAML
  std::string command;
  std::string device;
  int threads = 0;
  std::string revision;
  std::string versions;  ///< JSON: library to version
};

/// One rank of a run and where it computes.
struct RankRow {
  int rank = 0;
  std::string host;
  std::int64_t process_id = 0;
  int local_rank = 0;       ///< among the ranks of its host
  std::string device;       ///< "cpu", "cuda:0"
  std::string device_uuid;  ///< empty on a CPU
  int threads = 0;
};

}  // namespace neusemslice
