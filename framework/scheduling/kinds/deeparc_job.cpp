#include "scheduling/kinds/deeparc_job.hpp"

#include "baselines/deeparc.hpp"
#include "baselines/layer_removal.hpp"
#include "baselines/layer_similarity.hpp"
#include "core/error.hpp"
#include "scheduling/job_parameters.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 2;  // 2: frozen batch norms keep their running statistics while sewing layers train

CkaVariant variant_named(const std::string& name) {
  for (const CkaVariant variant : {CkaVariant::debiased, CkaVariant::biased, CkaVariant::uncentred}) {
    if (name == variant_name(variant)) return variant;
  }
  throw Error(fmt::format("no CKA is named '{}'", name));
}

/// The first of an order of the training images that `seed` shuffles: batches must mix the categories.
at::Tensor compared_positions(const TrainedModel& model, std::int64_t samples, std::uint64_t seed) {
  const at::Tensor order = shuffled(model.split.training, seed, 0);
  return samples == 0 ? order : order.slice(0, 0, samples);
}

LayerRemovalRow row_of(const Job& job, const LayerSimilarity& similarity, const std::vector<LayerModule>& modules,
                       const std::vector<ComparedLayer>& removed) {
  LayerRemovalRow row{.threshold = job.parameters.at("threshold"), .similarity = job.parameters.at("similarity")};
  row.modularity = modularity(modules);
  for (const ComparedLayer& layer : removed) row.removed.push_back(layer.name);
  for (const ComparedLayer& layer : similarity.layers) row.layers.push_back(layer.name);
  const at::Tensor values = similarity.matrix.contiguous();
  row.layer_similarities.assign(values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel());
  return row;
}

/// Trains sewing layers, if there are any, with everything else frozen.
double sew(Network& network, const LayerRemoval& removal, const TrainedModel& model, const Job& job,
           const JobContext& context) {
  RecipeConfig recipe = recipe_from(job.parameters.at("recipe"));
  recipe.epochs = job.parameters.at("sewing_epochs");
  if (removal.sewing.empty() || recipe.epochs == 0) return 0;
  return train(network, *model.dataset, model.split, recipe, static_cast<std::uint64_t>(job.seed),
               train_sewing(removal), {.checkpoint = context.checkpoint, .identity = job.key})
      .earlier_seconds;
}

}  // namespace

std::string add_deeparc_job(JobGraph& graph, const std::string& train, const DeepArcConfig& config) {
  const Job& model = graph.at(train);
  const nlohmann::json parameters = {{"threshold", config.threshold},
                                     {"similarity", config.similarity},
                                     {"samples", config.samples},
                                     {"sewing_epochs", config.sewing_epochs},
                                     {"recipe", model.parameters.at("recipe")}};
  return graph.add("deeparc", kVersion, model.setting, model.seed, parameters, {train});
}

LayerSimilarity compare_layers(const TrainedModel& model, const nlohmann::json& parameters, std::uint64_t seed) {
  return layer_similarity(model.network, natural_granularity(model.network.architecture), model.dataset->training,
                          model.dataset->normalisation, compared_positions(model, parameters.at("samples"), seed),
                          {.variant = variant_named(parameters.at("similarity"))});
}

JobOutput run_deeparc_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel& model = data.trained(job.inputs.at(0), context.inputs);
  const LayerSimilarity similarity = compare_layers(model, job.parameters, static_cast<std::uint64_t>(job.seed));
  const std::vector<LayerModule> modules =
      find_modules(adjacent_similarities(similarity.matrix), job.parameters.at("threshold").get<double>());
  std::vector<ComparedLayer> removed;
  for (const std::size_t position : redundant_layers(similarity.layers, modules)) {
    removed.push_back(similarity.layers[position]);
  }
  const LayerRemoval removal = remove_layers(model.network.architecture, removed);
  // The sewing epochs move running statistics, which the trained model must keep.
  Network rest = without_layers(model.network, removal, static_cast<std::uint64_t>(job.seed)).clone();
  JobOutput output{.earlier_seconds = sew(rest, removal, model, job, context)};
  output.rows.layer_removal = row_of(job, similarity, modules, removed);
  output.rows.layer_removal->original_parameters = parameter_count(model.network.architecture);
  output.rows.layer_removal->parameters = parameter_count(removal.architecture);
  output.rows.evaluations = evaluate_both(rest, model);
  return output;
}

}  // namespace neusemslice
