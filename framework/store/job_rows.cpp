#include "store/job_rows.hpp"

#include <SQLiteCpp/VariadicBind.h>
#include <fmt/format.h>

namespace neusemslice {
namespace {

void clear_result(SQLite::Database& database, const std::string& job) {
  for (const char* table :
       {"artifacts", "epochs", "evaluations", "category_evaluations", "metric_seconds", "slice_layers", "slices",
        "layer_removals", "removed_layers", "layer_similarities", "prunings", "pruning_iterations", "attacks",
        "readaptations", "learnings", "task_accuracies"}) {
    SQLite::Statement clear(database, fmt::format("DELETE FROM {} WHERE job = ?", table));
    clear.bind(1, job);
    clear.exec();
  }
}

void insert_epochs(SQLite::Database& database, const std::string& job, const std::vector<EpochRow>& epochs) {
  SQLite::Statement insert(database, "INSERT INTO epochs VALUES (?, ?, ?, ?, ?, ?)");
  for (const EpochRow& epoch : epochs) {
    SQLite::bind(insert, job, epoch.epoch, epoch.learning_rate, epoch.training_loss, epoch.training_accuracy,
                 epoch.validation_accuracy);
    insert.exec();
    insert.reset();
  }
}

void insert_evaluation(SQLite::Database& database, const std::string& job, const EvaluationRow& row) {
  std::int64_t samples = 0;
  std::int64_t correct = 0;
  SQLite::Statement insert_category(database, "INSERT INTO category_evaluations VALUES (?, ?, ?, ?, ?)");
  for (std::size_t category = 0; category < row.samples.size(); ++category) {
    SQLite::bind(insert_category, job, row.split, static_cast<std::int64_t>(category), row.samples[category],
                 row.correct[category]);
    insert_category.exec();
    insert_category.reset();
    samples += row.samples[category];
    correct += row.correct[category];
  }
  SQLite::Statement insert(database, "INSERT INTO evaluations VALUES (?, ?, ?, ?, ?)");
  const double accuracy = samples == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(samples);
  SQLite::bind(insert, job, row.split, samples, correct, accuracy);
  insert.exec();
}

void insert_metric_seconds(SQLite::Database& database, const std::string& job,
                           const std::vector<MetricSecondsRow>& rows) {
  SQLite::Statement insert(database, "INSERT INTO metric_seconds VALUES (?, ?, ?, ?)");
  for (const MetricSecondsRow& row : rows) {
    SQLite::bind(insert, job, row.metric, row.samples, row.seconds);
    insert.exec();
    insert.reset();
  }
}

void insert_slice(SQLite::Database& database, const std::string& job, const SliceRow& slice) {
  SQLite::Statement insert(database, "INSERT INTO slices VALUES (?, ?, ?, ?, ?, ?, ?)");
  const double rate = 1.0 - static_cast<double>(slice.parameters) / static_cast<double>(slice.original_parameters);
  SQLite::bind(insert, job, slice.strategy, slice.metric, slice.level, slice.parameters, slice.original_parameters,
               rate);
  insert.exec();
  SQLite::Statement insert_layer(database, "INSERT INTO slice_layers VALUES (?, ?, ?, ?, ?)");
  for (const SliceLayerRow& layer : slice.layers) {
    SQLite::bind(insert_layer, job, layer.layer, layer.units, layer.kept, static_cast<int>(layer.rescued));
    insert_layer.exec();
    insert_layer.reset();
  }
}

void insert_layer_similarities(SQLite::Database& database, const std::string& job, const LayerRemovalRow& removal) {
  SQLite::Statement insert(database, "INSERT INTO layer_similarities VALUES (?, ?, ?, ?, ?, ?)");
  const std::size_t count = removal.layers.size();
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) {
      SQLite::bind(insert, job, static_cast<std::int64_t>(i), static_cast<std::int64_t>(j), removal.layers[i],
                   removal.layers[j], removal.layer_similarities.at(i * count + j));
      insert.exec();
      insert.reset();
    }
  }
}

void insert_layer_removal(SQLite::Database& database, const std::string& job, const LayerRemovalRow& removal) {
  SQLite::Statement insert(database, "INSERT INTO layer_removals VALUES (?, ?, ?, ?, ?, ?, ?)");
  const double rate = 1.0 - static_cast<double>(removal.parameters) / static_cast<double>(removal.original_parameters);
  SQLite::bind(insert, job, removal.threshold, removal.similarity, removal.modularity, removal.parameters,
               removal.original_parameters, rate);
  insert.exec();
  SQLite::Statement insert_removed(database, "INSERT INTO removed_layers VALUES (?, ?)");
  for (const std::string& layer : removal.removed) {
    SQLite::bind(insert_removed, job, layer);
    insert_removed.exec();
    insert_removed.reset();
  }
  insert_layer_similarities(database, job, removal);
}

void insert_pruning(SQLite::Database& database, const std::string& job, const PruningRow& pruning) {
  const auto rate = [&](std::int64_t parameters) {
    return 1.0 - static_cast<double>(parameters) / static_cast<double>(pruning.original_parameters);
  };
  SQLite::Statement insert(database, "INSERT INTO prunings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  SQLite::bind(insert, job, pruning.method, pruning.start, pruning.rate, pruning.stopped_by, pruning.iterations,
               pruning.parameters, pruning.original_parameters, rate(pruning.parameters), pruning.dense_bytes,
               pruning.csr_bytes, pruning.gzip_bytes);
  insert.exec();
  SQLite::Statement insert_iteration(database, "INSERT INTO pruning_iterations VALUES (?, ?, ?, ?, ?, ?)");
  for (const PruningIterationRow& row : pruning.history) {
    SQLite::bind(insert_iteration, job, row.iteration, row.parameters, rate(row.parameters), row.validation_accuracy,
                 row.test_accuracy);
    insert_iteration.exec();
    insert_iteration.reset();
  }
}

void insert_attacks(SQLite::Database& database, const std::string& job, const std::vector<AttackRow>& rows) {
  SQLite::Statement insert(database, "INSERT INTO attacks VALUES (?, ?, ?, ?, ?, ?)");
  for (const AttackRow& row : rows) {
    SQLite::bind(insert, job, row.attack, row.split, row.samples, row.correct, row.benign_correct);
    insert.exec();
    insert.reset();
  }
}

void insert_readaptation(SQLite::Database& database, const std::string& job, const ReadaptationRow& row) {
  SQLite::Statement insert(database, "INSERT INTO readaptations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  SQLite::bind(insert, job, row.attack, row.method, row.trained_parameters, row.parameters, row.samples,
               row.retrained_correct, row.reattack_samples, row.reattacked_correct, row.seconds);
  insert.exec();
}

void insert_learning(SQLite::Database& database, const std::string& job, const LearningRow& row) {
  SQLite::Statement insert(database, "INSERT INTO learnings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  SQLite::bind(insert, job, row.method, row.replay_percent, row.step, row.trained_parameters, row.parameters,
               row.replayed_samples, row.replay_bytes, row.slice_bytes, row.plain_slice_bytes, row.seconds);
  insert.exec();
  SQLite::Statement insert_task(database, "INSERT INTO task_accuracies VALUES (?, ?, ?, ?, ?)");
  for (const TaskAccuracyRow& task : row.tasks) {
    SQLite::bind(insert_task, job, task.task, task.categories, task.samples, task.correct);
    insert_task.exec();
    insert_task.reset();
  }
}

void insert_artifacts(SQLite::Database& database, const std::string& job, const std::vector<ArtifactRow>& artifacts) {
  SQLite::Statement insert(database, "INSERT INTO artifacts VALUES (?, ?, ?, ?, ?)");
  for (const ArtifactRow& artifact : artifacts) {
    SQLite::bind(insert, job, artifact.name, artifact.path, artifact.bytes, artifact.sha256);
    insert.exec();
    insert.reset();
  }
}

}  // namespace

void replace_result(SQLite::Database& database, const std::string& job, const JobResult& result) {
  clear_result(database, job);
  insert_epochs(database, job, result.epochs);
  for (const EvaluationRow& evaluation : result.evaluations) insert_evaluation(database, job, evaluation);
  insert_metric_seconds(database, job, result.metric_seconds);
  if (result.slice) insert_slice(database, job, *result.slice);
  if (result.layer_removal) insert_layer_removal(database, job, *result.layer_removal);
  if (result.pruning) insert_pruning(database, job, *result.pruning);
  insert_attacks(database, job, result.attacks);
  if (result.readaptation) insert_readaptation(database, job, *result.readaptation);
  if (result.learning) insert_learning(database, job, *result.learning);
  insert_artifacts(database, job, result.artifacts);
}

std::vector<ArtifactRow> read_artifacts(SQLite::Database& database, const std::string& job) {
  std::vector<ArtifactRow> artifacts;
  SQLite::Statement query(database, "SELECT name, path, bytes, sha256 FROM artifacts WHERE job = ? ORDER BY name");
  query.bind(1, job);
  while (query.executeStep()) {
    artifacts.push_back({.name = query.getColumn(0).getString(),
                         .path = query.getColumn(1).getString(),
                         .bytes = query.getColumn(2).getInt64(),
                         .sha256 = query.getColumn(3).getString()});
  }
  return artifacts;
}

}  // namespace neusemslice
