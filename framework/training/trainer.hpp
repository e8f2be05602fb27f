#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "config/suite.hpp"
#include "core/stop.hpp"
#include "data/dataset.hpp"
#include "data/split.hpp"
#include "models/network.hpp"
#include "training/evaluation.hpp"
#include "training/trainable.hpp"
#include "training/training_state.hpp"

namespace neusemslice {

struct TrainingOptions {
  std::function<void(const EpochRecord&)> on_epoch;          ///< called after each epoch that runs here
  std::function<void()> between_batches = throw_if_stopped;  ///< throws to stop
  /// A twin of every training image, at the same position and of the same label: the loss is the sum of both's.
  const LabelledImages* twins = nullptr;
  std::function<void(Network&)> after_step;  ///< called after each step: what it sets holds for the next
  std::filesystem::path checkpoint;          ///< where the state is saved; empty: nowhere
  std::string identity;  ///< names all that determines the result, such as the job's key: a checkpoint must have it too
};

struct TrainingRecord {
  std::vector<EpochRecord> epochs;  ///< all of them, also those that a stopped process ran
  double earlier_seconds = 0;       ///< spent before this call, by processes that were stopped
  double seconds = 0;               ///< spent in all, without what saving checkpoints took
};

/// Trains `network` in place on the training part of `split` by the recipe; batches and dropout come from the streams
/// of `seed`. Only `trainable` changes, and the running statistics of batch norms where their scale trains; below the
/// lowest parameter that trains there is no way back. Throws when the loss stops being finite, and when a stop signal
/// has come.
///
/// With a checkpoint, the network, the optimiser and the records end bit for bit (on a CPU) as if nothing had stopped:
/// a stop signal saves the state between two batches, wherever in an epoch that is, and a killed process loses no more
/// than the epoch that ran and the work of about 50 times what a save takes. A file that does not fit is left alone,
/// with a warning, until the first save. The caller removes the checkpoint once the result is safe.
TrainingRecord train(Network& network, const Dataset& dataset, const TrainingSplit& split, const RecipeConfig& recipe,
                     std::uint64_t seed, const TrainableParameters& trainable, const TrainingOptions& options = {});

}  // namespace neusemslice
