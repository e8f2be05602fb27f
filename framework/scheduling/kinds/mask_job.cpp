#include "scheduling/kinds/mask_job.hpp"

#include <functional>

#include "core/stop.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 1;

/// Zeros for the units of the band, ones for the others. Layers that share a tap are masked where either is.
TapMasks masks_of_band(const TrainedModel& model, MaskBand band,
                       const std::function<at::Tensor(const UnitLayer&)>& scores) {
  TapMasks masks;
  for (const UnitLayer& layer : model.units.layers) {
    const std::vector<std::int64_t> masked = band_units(scores(layer), band.from, band.to);
    at::Tensor mask = at::ones({layer.units});
    mask.index_fill_(0, at::tensor(masked, at::TensorOptions(at::kLong)), 0);
    const auto [entry, is_new] = masks.emplace(layer.tap, mask);
    if (!is_new) entry->second = entry->second * mask;
  }
  for (auto& [tap, mask] : masks) mask = mask.to(model.network.device());
  return masks;
}

Evaluation evaluate_masked(const TrainedModel& model, const TapMasks& masks, const at::Tensor& positions) {
  return evaluate(model.network, model.dataset->test, model.dataset->normalisation, model.dataset->categories(),
                  positions, masks);
}

/// Each category's own samples, with its own masks.
Evaluation evaluate_by_category(const TrainedModel& model, const Scores& scores, const std::string& metric,
                                MaskBand band) {
  const std::vector<at::Tensor> positions =
      positions_by_category(model.dataset->test.labels, model.dataset->categories(), 0);
  Evaluation all;
  for (std::size_t category = 0; category < positions.size(); ++category) {
    throw_if_stopped();
    const TapMasks masks = masks_of_band(model, band, [&](const UnitLayer& layer) {
      return scores.at(layer.name).at(metric).by_category[static_cast<std::int64_t>(category)];
    });
    const Evaluation own = evaluate_masked(model, masks, positions[category]);
    all.samples.push_back(own.samples[category]);
    all.correct.push_back(own.correct[category]);
  }
  return all;
}

}  // namespace

std::string add_mask_job(JobGraph& graph, const std::string& score, const std::string& metric, const std::string& scope,
                         MaskBand band) {
  const Job& scores = graph.at(score);
  const nlohmann::json parameters = {
      {"metric", metric}, {"scope", scope}, {"band_from", band.from}, {"band_to", band.to}};
  return graph.add("mask", kVersion, scores.setting, scores.seed, parameters, {scores.inputs.at(0), score});
}

JobOutput run_mask_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel& model = data.trained(job.inputs.at(0), context.inputs);
  const Scores& scores = data.scores(job.inputs.at(1), context.inputs);
  const std::string metric = job.parameters.at("metric");
  const MaskBand band{job.parameters.at("band_from"), job.parameters.at("band_to")};
  Evaluation evaluation;
  if (job.parameters.at("scope") == "category") {
    evaluation = evaluate_by_category(model, scores, metric, band);
  } else {
    const TapMasks masks =
        masks_of_band(model, band, [&](const UnitLayer& layer) { return scores.at(layer.name).at(metric).global; });
    evaluation = evaluate_masked(model, masks, {});
  }
  return {.rows = {.evaluations = {{.split = "test", .samples = evaluation.samples, .correct = evaluation.correct}}}};
}

}  // namespace neusemslice
