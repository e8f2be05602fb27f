#include "scheduling/kinds/attack_job.hpp"

#include "core/random.hpp"
#include "maintenance/adversarial_samples.hpp"
#include "scheduling/job_parameters.hpp"
#include "training/evaluation.hpp"

namespace neusemslice {
namespace {

constexpr int kVersion = 2;

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

}  // namespace

std::string add_attack_job(JobGraph& graph, const std::string& train, const AttackConfig& attack,
                           const ReadaptConfig& config) {
  const Job& model = graph.at(train);
  const nlohmann::json parameters = {
      {"samples", config.samples}, {"attacks", config.attacks}, {"attack", to_json(attack)}};
  return graph.add("attack", kVersion, model.setting, model.seed, parameters, {train});
}

JobOutput run_attack_job(JobData& data, const Job& job, const JobContext& context) {
  const TrainedModel& model = data.trained(job.inputs.at(0), context.inputs);
  JobOutput output;
  const AdversarialSamples training =
      attack_split(model, job, "training", model.dataset->training, model.split.training, output.rows.attacks);
  const AdversarialSamples test = attack_split(model, job, "test", model.dataset->test,
                                               at::arange(model.dataset->test.size(), at::kLong), output.rows.attacks);
  output.files.push_back({kAdversarialFile, adversarial_bytes(training, test)});
  return output;
}

}  // namespace neusemslice
