#include "scheduling/kinds/slice_job.hpp"

#include <algorithm>

#include "parallel/together.hpp"
#include "slicing/slice_file.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 1;

}  // namespace

SliceRow slice_row(const Slice& slice, const TrainedModel& model) {
  SliceRow row{.strategy = slice.strategy, .metric = slice.metric, .level = slice.level};
  row.original_parameters = parameter_count(model.network.architecture);
  row.parameters = parameter_count(shrunken_architecture(model.network.architecture, model.units, slice.kept));
  for (const UnitLayer& layer : model.units.layers) {
    const bool rescued = std::ranges::find(slice.rescued, layer.name) != slice.rescued.end();
    row.layers.push_back(
        {layer.name, layer.units, static_cast<std::int64_t>(slice.kept.at(layer.name).size()), rescued});
  }
  return row;
}

std::string add_slice_job(JobGraph& graph, const std::string& strategy, const std::string& metric, double level,
                          std::int64_t interval, const std::string& score, const std::string& scan) {
  const Job& scores = graph.at(score);
  nlohmann::json parameters = {{"strategy", strategy}, {"metric", metric}, {"level", level}};
  std::vector<std::string> inputs = {scores.inputs.at(0), score};
  if (strategy == "semantic") {
    parameters["interval"] = interval;
    inputs.push_back(scan);
  }
  return graph.add("slice", kVersion, scores.setting, scores.seed, parameters, inputs);
}

JobOutput run_slice_job(JobData& data, const Job& job, const JobContext& context) {
  const std::string strategy = job.parameters.at("strategy");
  const std::string metric = job.parameters.at("metric");
  const double level = job.parameters.at("level");
  const TrainedModel* model = nullptr;
  const Scores* scores = nullptr;
  const SimilarityCurves* curves = nullptr;
  together(context.communicator, [&] {
    model = &data.trained(job.inputs.at(0), context.inputs);
    scores = &data.scores(job.inputs.at(1), context.inputs);
    if (strategy == "semantic") curves = &data.curves(job.inputs.at(2), context.inputs);
  });
  Slice cut;
  if (strategy == "global") {
    cut = global_slice(model->units, *scores, metric, static_cast<std::int64_t>(level));
  } else if (strategy == "category") {
    cut = category_slice(model->units, *scores, metric, static_cast<std::int64_t>(level), context.communicator);
  } else {
    cut = semantic_slice(model->units, *scores, *curves, metric, level, job.parameters.at("interval"),
                         context.communicator);
  }
  JobOutput output;
  output.rows.slice = slice_row(cut, *model);
  output.files.push_back({kSliceFile, slice_to_json(cut).dump() + "\n"});
  return output;
}

}  // namespace neusemslice
