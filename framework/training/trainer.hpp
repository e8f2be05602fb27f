#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "data/dataset.hpp"
#include "data/split.hpp"
#include "models/network.hpp"
#include "training/evaluation.hpp"
#include "training/trainable.hpp"

namespace neusemslice {

/// What one epoch came to.
struct EpochRecord {
  std::int64_t epoch = 0;  ///< from 1
  double learning_rate = 0;
  double training_loss = 0;        ///< mean cross entropy while training
  double training_accuracy = 0;    ///< while training
  double validation_accuracy = 0;  ///< after the epoch
};

/// Trains `network` in place on the training part of `split` by the recipe; batches come from the streams of `seed`.
/// Only `trainable` changes. `on_epoch` is called after each epoch. Throws when the loss stops being finite, and when a
/// stop signal has come.
std::vector<EpochRecord> train(Network& network, const Dataset& dataset, const TrainingSplit& split,
                               const RecipeConfig& recipe, std::uint64_t seed, const TrainableParameters& trainable,
                               const std::function<void(const EpochRecord&)>& on_epoch = {});

}  // namespace neusemslice
