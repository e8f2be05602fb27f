#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "config/suite.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"
#include "models/safetensors.hpp"

namespace neusemslice {

// The samples of a re-adaptation: which images were attacked, and what came out (FORMATS.md, "Adversarial samples").

/// Some images of a training or test set and what each attack made of them.
struct AdversarialSamples {
  at::Tensor positions;                         ///< int64, in the training or the test set, on the host
  std::map<std::string, at::Tensor> by_attack;  ///< "fgsm", "pgd": uint8 images, (samples, channels, height, width)
};

/// Attacks images, by "fgsm" or "pgd", so that the network no longer gives them their labels, or so that it gives them
/// the label `target`, to whole pixel values within the bound: uint8, on the host.
at::Tensor attacked_pixels(const Network& network, const Normalisation& normalisation, const LabelledImages& images,
                           const std::string& attack, const AttackConfig& config, std::uint64_t seed,
                           std::optional<std::int64_t> target = {});

/// The first `count` of the positions in a random order, from the stream (seed, purpose), ascending; all where there
/// are fewer.
at::Tensor drawn_positions(const at::Tensor& positions, std::int64_t count, std::uint64_t seed,
                           const std::string& purpose);

/// The images at `positions` and their labels as a set of their own.
LabelledImages images_at(const LabelledImages& images, const at::Tensor& positions);

/// `fingerprint`: that of the data set whose images were attacked.
std::string adversarial_bytes(const AdversarialSamples& training, const AdversarialSamples& test,
                              const std::string& fingerprint);

/// Throws InputError where the file does not hold `split` ("training" or "test") of this data set.
AdversarialSamples read_adversarial(const std::filesystem::path& path, const std::string& split,
                                    const Dataset& dataset);

}  // namespace neusemslice
