#include "maintenance/adversarial_samples.hpp"

#include <vector>

#include "core/error.hpp"
#include "core/random.hpp"
#include "maintenance/attack.hpp"

namespace neusemslice {
namespace {

AttackNorm norm_named(const std::string& name) {
  return name == "two" ? AttackNorm::two : AttackNorm::infinity;
}

void add_samples(const AdversarialSamples& samples, const std::string& split, TensorMap& tensors) {
  tensors.emplace(split + "/positions", samples.positions);
  for (const auto& [attack, pixels] : samples.by_attack) tensors.emplace(split + "/" + attack, pixels.cpu());
}

}  // namespace

at::Tensor attacked_pixels(const Network& network, const Normalisation& normalisation, const LabelledImages& images,
                           const std::string& attack, const AttackConfig& config, std::uint64_t seed,
                           std::optional<std::int64_t> target) {
  AttackOptions options{
      .norm = norm_named(config.norm), .epsilon = config.fgsm_epsilon, .targeted = target.has_value()};
  const at::Tensor labels = target ? at::full_like(images.labels, *target) : images.labels;
  const at::Tensor fractions = images.images.to(at::kFloat).div_(255);
  const auto pixels = [&](const at::Tensor& attacked) {
    return to_pixels(attacked, images.images, options.norm, options.epsilon).cpu();
  };
  if (attack == "fgsm") return pixels(fgsm(network, normalisation, fractions, labels, options));
  require(attack == "pgd", "'{}' is no attack", attack);
  options.epsilon = config.pgd_epsilon;
  options.step = config.pgd_step;
  options.iterations = config.pgd_iterations;
  options.random_start = config.random_start;
  return pixels(pgd(network, normalisation, fractions, labels, options, seed));
}

at::Tensor drawn_positions(const at::Tensor& positions, std::int64_t count, std::uint64_t seed,
                           const std::string& purpose) {
  const at::Tensor all = positions.contiguous();
  const auto* const first = all.const_data_ptr<std::int64_t>();
  std::vector<std::int64_t> drawn(first, first + all.numel());
  RandomStream(seed, purpose).shuffle(drawn);
  if (static_cast<std::int64_t>(drawn.size()) > count) drawn.resize(static_cast<std::size_t>(count));
  return std::get<0>(at::tensor(drawn, at::kLong).sort());
}

LabelledImages images_at(const LabelledImages& images, const at::Tensor& positions) {
  LabelledImages chosen;
  chosen.images = images.images.index_select(0, positions);
  chosen.labels = images.labels.index_select(0, positions);
  return chosen;
}

std::string adversarial_bytes(const AdversarialSamples& training, const AdversarialSamples& test,
                              const std::string& fingerprint) {
  TensorMap tensors;
  add_samples(training, "training", tensors);
  add_samples(test, "test", tensors);
  return safetensors_bytes(tensors, {{"format", "neusemslice.adversarial/1"}, {"data", fingerprint}});
}

AdversarialSamples read_adversarial(const std::filesystem::path& path, const std::string& split,
                                    const Dataset& dataset) {
  const SafetensorsFile file = read_safetensors_file(path);
  AdversarialSamples samples;
  for (const auto& [name, tensor] : file.tensors) {
    if (!name.starts_with(split + "/")) continue;
    const std::string what = name.substr(split.size() + 1);
    if (what == "positions")
      samples.positions = tensor;
    else
      samples.by_attack.emplace(what, tensor);
  }
  require_input(samples.positions.defined() && !samples.by_attack.empty(),
                "{}: it holds no adversarial {} samples: neusemslice attack writes such files", path.string(), split);
  const auto data = file.metadata.find("data");
  require_input(data != file.metadata.end() && data->second == dataset.fingerprint,
                "{}: its samples were made of other images than those of {}", path.string(), dataset.name);
  const at::Tensor& positions = samples.positions;
  require_input(positions.scalar_type() == at::kLong && positions.dim() == 1 && positions.numel() > 0 &&
                    positions.min().item<std::int64_t>() >= 0,
                "{}: '{}/positions' must be a list of int64 numbers from 0", path.string(), split);
  const LabelledImages& attacked = split == "training" ? dataset.training : dataset.test;
  for (const auto& [attack, pixels] : samples.by_attack) {
    require_input(pixels.dim() == 4 && pixels.scalar_type() == at::kByte && pixels.size(0) == positions.numel(),
                  "{}: '{}/{}' must be uint8 images, one a position", path.string(), split, attack);
    require_input(pixels.sizes().slice(1) == attacked.images.sizes().slice(1) &&
                      positions.max().item<std::int64_t>() < attacked.size(),
                  "{}: its images are not those of {}", path.string(), dataset.name);
  }
  return samples;
}

}  // namespace neusemslice
