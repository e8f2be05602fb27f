#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.hpp"
#include "models/network.hpp"

namespace neusemslice {

/// Correct predictions by true category.
struct Evaluation {
  std::vector<std::int64_t> samples;
  std::vector<std::int64_t> correct;

  [[nodiscard]] std::int64_t total_samples() const;
  [[nodiscard]] std::int64_t total_correct() const;
  /// Share of correct predictions; 0 without samples.
  [[nodiscard]] double accuracy() const;
};

/// The least accuracy that is at most `points` percentage points below `accuracy`. A model that loses exactly that much
/// reaches it, however the difference of the two shares rounds.
double least_accuracy(double accuracy, double points);

/// How many images `evaluate` takes at a time: a thousand, or as many as a gigabyte holds the values of while they pass
/// the network.
std::int64_t evaluation_batch(const Architecture& architecture);

/// Runs the network over `images` at `positions` (all when undefined) and counts where the largest logit (the first of
/// equals) is the label.
Evaluation evaluate(const Network& network, const LabelledImages& images, const Normalisation& normalisation,
                    std::int64_t categories, const at::Tensor& positions = {}, const TapMasks& masks = {});

}  // namespace neusemslice
