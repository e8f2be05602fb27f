#include "scheduling/kinds/attack_job.hpp"

#include "baselines/critical_layers.hpp"
#include "core/random.hpp"
#include "maintenance/adversarial_samples.hpp"
#include "scheduling/job_parameters.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 3;

/// Attacks some images and counts what that leaves.
AdversarialSamples attack_split(const TrainedModel& model, const Job& job, const std::string& split,
                                const LabelledImages& images, const at::Tensor& candidates,
                                std::vector<AttackRow>& rows) {
  const Dataset& dataset = *model.dataset;
  const auto seed = static_cast<std::uint64_t>(job.seed);
  AdversarialSamples samples;
  samples.positions = drawn_positions(candidates, job.parameters.at("samples"), seed, "adversarial samples/" + split);
  LabelledImages chosen = images_at(images, samples.positions);
  const auto correct = [&](const LabelledImages& of) {
    return evaluate(model.network, of, dataset.normalisation, dataset.categories()).total_correct();
  };
  const std::int64_t benign_correct = correct(chosen);
  for (const std::string attack : job.parameters.at("attacks")) {
    LabelledImages attacked;
    attacked.images = attacked_pixels(model.network, dataset.normalisation, chosen, attack,
                                      attack_from(job.parameters.at("attack")), derived_seed(seed, "attack/" + split));
    attacked.labels = chosen.labels;
    rows.push_back({attack, split, chosen.size(), correct(attacked), benign_correct});
    samples.by_attack.emplace(attack, attacked.images);
  }
  return samples;
}

/// DeepArc's repair: the convolutions and linear layers within the `count` most critical layers or blocks.
std::vector<std::string> ranked_layers(const TrainedModel& model, const AdversarialSamples& samples,
                                       std::size_t count) {
  const Architecture& architecture = model.network.architecture;
  const auto layers = compared_layers(architecture, natural_granularity(architecture));
  std::vector<at::Tensor> twins;
  for (const auto& [attack, pixels] : samples.by_attack) twins.push_back(pixels);
  const at::Tensor images = model.dataset->training.images.index_select(0, samples.positions);
  const auto similarities = twin_similarities(model.network, layers, model.dataset->normalisation, images, twins);
  return layers_within(architecture, layers, critical_layers(similarity_losses(similarities), count));
}

}  // namespace

std::string add_attack_job(JobGraph& graph, const SettingConfig& setting, const std::string& train,
                           const ReadaptConfig& config) {
  const Job& model = graph.at(train);
  nlohmann::json parameters = {
      {"samples", config.samples}, {"attacks", config.attacks}, {"attack", to_json(setting.attack)}};
  if (setting.critical_layers.empty()) parameters["deeparc_layers"] = config.deeparc_layers;
  return graph.add("attack", kVersion, model.setting, model.seed, parameters, {train});
}

JobOutput run_attack_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel& model = data.trained(job.inputs.at(0), context.inputs);
  JobOutput output;
  const AdversarialSamples training =
      attack_split(model, job, "training", model.dataset->training, model.split.training, output.rows.attacks);
  const AdversarialSamples test = attack_split(model, job, "test", model.dataset->test,
                                               at::arange(model.dataset->test.size(), at::kLong), output.rows.attacks);
  output.files.push_back({kAdversarialFile, adversarial_bytes(training, test, model.dataset->fingerprint)});
  if (const auto count = job.parameters.find("deeparc_layers"); count != job.parameters.end()) {
    output.files.push_back({kCriticalLayersFile, nlohmann::json(ranked_layers(model, training, *count)).dump() + "\n"});
  }
  return output;
}

}  // namespace neusemslice
