#include "scheduling/messages.hpp"

#include <nlohmann/json.hpp>

namespace neusemslice {
namespace {

using Json = nlohmann::json;

Json to_json(const ArtifactRow& row) {
  return {{"name", row.name}, {"path", row.path}, {"bytes", row.bytes}, {"sha256", row.sha256}};
}
Json to_json(const EpochRow& row) {
  return {{"epoch", row.epoch},
          {"learning_rate", row.learning_rate},
          {"training_loss", row.training_loss},
          {"training_accuracy", row.training_accuracy},
          {"validation_accuracy", row.validation_accuracy}};
}
Json to_json(const EvaluationRow& row) {
  return {{"split", row.split}, {"samples", row.samples}, {"correct", row.correct}};
}
Json to_json(const MetricSecondsRow& row) {
  return {{"metric", row.metric}, {"samples", row.samples}, {"seconds", row.seconds}};
}
Json to_json(const SliceLayerRow& row) {
  return {{"layer", row.layer}, {"units", row.units}, {"kept", row.kept}, {"rescued", row.rescued}};
}
Json to_json(const PruningIterationRow& row) {
  return {{"iteration", row.iteration},
          {"parameters", row.parameters},
          {"validation_accuracy", row.validation_accuracy},
          {"test_accuracy", row.test_accuracy}};
}
Json to_json(const AttackRow& row) {
  return {{"attack", row.attack},
          {"split", row.split},
          {"samples", row.samples},
          {"correct", row.correct},
          {"benign_correct", row.benign_correct}};
}
Json to_json(const TaskAccuracyRow& row) {
  return {{"task", row.task}, {"categories", row.categories}, {"samples", row.samples}, {"correct", row.correct}};
}

template <typename Row>
Json rows_to_json(const std::vector<Row>& rows) {
  Json json = Json::array();
  for (const Row& row : rows) json.push_back(to_json(row));
  return json;
}

Json to_json(const SliceRow& row) {
  return {{"strategy", row.strategy},
          {"metric", row.metric},
          {"level", row.level},
          {"parameters", row.parameters},
          {"original", row.original_parameters},
          {"layers", rows_to_json(row.layers)}};
}

Json to_json(const LayerRemovalRow& row) {
  return {{"threshold", row.threshold},   {"similarity", row.similarity},          {"modularity", row.modularity},
          {"parameters", row.parameters}, {"original", row.original_parameters},   {"removed", row.removed},
          {"layers", row.layers},         {"similarities", row.layer_similarities}};
}

Json to_json(const PruningRow& row) {
  return {{"method", row.method},
          {"start", row.start},
          {"rate", row.rate},
          {"stopped_by", row.stopped_by},
          {"iterations", row.iterations},
          {"parameters", row.parameters},
          {"original", row.original_parameters},
          {"dense_bytes", row.dense_bytes},
          {"csr_bytes", row.csr_bytes},
          {"gzip_bytes", row.gzip_bytes},
          {"history", rows_to_json(row.history)}};
}

Json to_json(const ReadaptationRow& row) {
  return {{"attack", row.attack},
          {"method", row.method},
          {"trained_parameters", row.trained_parameters},
          {"parameters", row.parameters},
          {"samples", row.samples},
          {"retrained_correct", row.retrained_correct},
          {"reattack_samples", row.reattack_samples},
          {"reattacked_correct", row.reattacked_correct},
          {"seconds", row.seconds}};
}

template <typename Row>
Row row_from(const Json& json);

template <typename Row>
std::vector<Row> rows_from(const Json& json) {
  std::vector<Row> rows;
  for (const Json& row : json) rows.push_back(row_from<Row>(row));
  return rows;
}

template <>
ArtifactRow row_from(const Json& json) {
  return {.name = json.at("name"), .path = json.at("path"), .bytes = json.at("bytes"), .sha256 = json.at("sha256")};
}
template <>
EpochRow row_from(const Json& json) {
  return {.epoch = json.at("epoch"),
          .learning_rate = json.at("learning_rate"),
          .training_loss = json.at("training_loss"),
          .training_accuracy = json.at("training_accuracy"),
          .validation_accuracy = json.at("validation_accuracy")};
}
template <>
EvaluationRow row_from(const Json& json) {
  return {.split = json.at("split"), .samples = json.at("samples"), .correct = json.at("correct")};
}
template <>
MetricSecondsRow row_from(const Json& json) {
  return {.metric = json.at("metric"), .samples = json.at("samples"), .seconds = json.at("seconds")};
}
template <>
SliceLayerRow row_from(const Json& json) {
  return {.layer = json.at("layer"), .units = json.at("units"), .kept = json.at("kept"), .rescued = json.at("rescued")};
}
template <>
SliceRow row_from(const Json& json) {
  return {.strategy = json.at("strategy"),
          .metric = json.at("metric"),
          .level = json.at("level"),
          .parameters = json.at("parameters"),
          .original_parameters = json.at("original"),
          .layers = rows_from<SliceLayerRow>(json.at("layers"))};
}

template <>
LayerRemovalRow row_from(const Json& json) {
  return {.threshold = json.at("threshold"),
          .similarity = json.at("similarity"),
          .modularity = json.at("modularity"),
          .parameters = json.at("parameters"),
          .original_parameters = json.at("original"),
          .removed = json.at("removed"),
          .layers = json.at("layers"),
          .layer_similarities = json.at("similarities")};
}

template <>
PruningIterationRow row_from(const Json& json) {
  return {.iteration = json.at("iteration"),
          .parameters = json.at("parameters"),
          .validation_accuracy = json.at("validation_accuracy"),
          .test_accuracy = json.at("test_accuracy")};
}

template <>
PruningRow row_from(const Json& json) {
  return {.method = json.at("method"),
          .start = json.at("start"),
          .rate = json.at("rate"),
          .stopped_by = json.at("stopped_by"),
          .iterations = json.at("iterations"),
          .parameters = json.at("parameters"),
          .original_parameters = json.at("original"),
          .dense_bytes = json.at("dense_bytes"),
          .csr_bytes = json.at("csr_bytes"),
          .gzip_bytes = json.at("gzip_bytes"),
          .history = rows_from<PruningIterationRow>(json.at("history"))};
}

template <>
AttackRow row_from(const Json& json) {
  return {.attack = json.at("attack"),
          .split = json.at("split"),
          .samples = json.at("samples"),
          .correct = json.at("correct"),
          .benign_correct = json.at("benign_correct")};
}

template <>
ReadaptationRow row_from(const Json& json) {
  return {.attack = json.at("attack"),
          .method = json.at("method"),
          .trained_parameters = json.at("trained_parameters"),
          .parameters = json.at("parameters"),
          .samples = json.at("samples"),
          .retrained_correct = json.at("retrained_correct"),
          .reattack_samples = json.at("reattack_samples"),
          .reattacked_correct = json.at("reattacked_correct"),
          .seconds = json.at("seconds")};
}

/// A member of JobResult that is not named here, and in result_from, is lost between ranks.
Json to_json(const LearningRow& row) {
  return {{"method", row.method},
          {"replay_percent", row.replay_percent},
          {"step", row.step},
          {"trained_parameters", row.trained_parameters},
          {"parameters", row.parameters},
          {"replayed_samples", row.replayed_samples},
          {"replay_bytes", row.replay_bytes},
          {"slice_bytes", row.slice_bytes},
          {"plain_slice_bytes", row.plain_slice_bytes},
          {"seconds", row.seconds},
          {"tasks", rows_to_json(row.tasks)}};
}

Json to_json(const JobResult& result) {
  Json json = {{"epochs", rows_to_json(result.epochs)},
               {"evaluations", rows_to_json(result.evaluations)},
               {"metric_seconds", rows_to_json(result.metric_seconds)},
               {"attacks", rows_to_json(result.attacks)},
               {"artifacts", rows_to_json(result.artifacts)}};
  if (result.slice) json["slice"] = to_json(*result.slice);
  if (result.layer_removal) json["layer_removal"] = to_json(*result.layer_removal);
  if (result.pruning) json["pruning"] = to_json(*result.pruning);
  if (result.readaptation) json["readaptation"] = to_json(*result.readaptation);
  if (result.learning) json["learning"] = to_json(*result.learning);
  return json;
}

template <>
TaskAccuracyRow row_from(const Json& json) {
  return {.task = json.at("task"),
          .categories = json.at("categories"),
          .samples = json.at("samples"),
          .correct = json.at("correct")};
}
template <>
LearningRow row_from(const Json& json) {
  return {.method = json.at("method"),
          .replay_percent = json.at("replay_percent"),
          .step = json.at("step"),
          .trained_parameters = json.at("trained_parameters"),
          .parameters = json.at("parameters"),
          .replayed_samples = json.at("replayed_samples"),
          .replay_bytes = json.at("replay_bytes"),
          .slice_bytes = json.at("slice_bytes"),
          .plain_slice_bytes = json.at("plain_slice_bytes"),
          .seconds = json.at("seconds"),
          .tasks = rows_from<TaskAccuracyRow>(json.at("tasks"))};
}

JobResult result_from(const Json& json) {
  JobResult result;
  result.epochs = rows_from<EpochRow>(json.at("epochs"));
  result.evaluations = rows_from<EvaluationRow>(json.at("evaluations"));
  result.metric_seconds = rows_from<MetricSecondsRow>(json.at("metric_seconds"));
  result.artifacts = rows_from<ArtifactRow>(json.at("artifacts"));
  result.attacks = rows_from<AttackRow>(json.at("attacks"));
  if (json.contains("slice")) result.slice = row_from<SliceRow>(json.at("slice"));
  if (json.contains("layer_removal")) result.layer_removal = row_from<LayerRemovalRow>(json.at("layer_removal"));
  if (json.contains("pruning")) result.pruning = row_from<PruningRow>(json.at("pruning"));
  if (json.contains("readaptation")) result.readaptation = row_from<ReadaptationRow>(json.at("readaptation"));
  if (json.contains("learning")) result.learning = row_from<LearningRow>(json.at("learning"));
  return result;
}

Json to_json(const Order& order) {
  if (const auto* farewell = std::get_if<Farewell>(&order)) return {{"code", static_cast<int>(farewell->code)}};
  const Task& task = std::get<Task>(order);
  Json inputs = Json::object();
  for (const auto& [key, files] : task.inputs) inputs[key] = rows_to_json(files);
  return {{"job", task.job}, {"ranks", task.ranks}, {"inputs", inputs}};
}

std::string packed(const Json& json) {
  std::string bytes;
  Json::to_msgpack(json, bytes);
  return bytes;
}

}  // namespace

std::string encode(const Order& order) {
  return packed(to_json(order));
}

std::string encode(const Report& report) {
  return packed({{"job", report.job},
                 {"ending", static_cast<int>(report.ending)},
                 {"message", report.message},
                 {"code", static_cast<int>(report.code)},
                 {"result", to_json(report.result)},
                 {"seconds", report.effort.seconds},
                 {"peak_memory_bytes", report.effort.peak_memory_bytes},
                 {"ranks", report.effort.ranks}});
}

Order decode_order(const std::string& bytes) {
  const Json json = Json::from_msgpack(bytes);
  if (json.contains("code")) return Farewell{static_cast<ExitCode>(json.at("code").get<int>())};
  Task task{.job = json.at("job"), .ranks = json.at("ranks"), .inputs = {}};
  for (const auto& [key, files] : json.at("inputs").items()) task.inputs[key] = rows_from<ArtifactRow>(files);
  return task;
}

Report decode_report(const std::string& bytes) {
  const Json json = Json::from_msgpack(bytes);
  return {
      .job = json.at("job"),
      .ending = static_cast<Ending>(json.at("ending").get<int>()),
      .message = json.at("message"),
      .code = static_cast<ExitCode>(json.at("code").get<int>()),
      .result = result_from(json.at("result")),
      .effort = {
          .seconds = json.at("seconds"), .peak_memory_bytes = json.at("peak_memory_bytes"), .ranks = json.at("ranks")}};
}

}  // namespace neusemslice
