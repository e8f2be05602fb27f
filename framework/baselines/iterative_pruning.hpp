#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "baselines/pruning.hpp"
#include "config/suite.hpp"
#include "core/stop.hpp"
#include "data/dataset.hpp"
#include "data/split.hpp"
#include "models/network.hpp"

namespace neusemslice {

/// One iteration: prune `rate` of the weights that are left, fine-tune the others, evaluate (method.md section 7).
struct PruningPlan {
  PruningMethod method = PruningMethod::lamp;
  double rate = 0.05;
  double least_validation_accuracy = 0;  ///< a model below it ends the pruning; the one before is the result
  std::int64_t max_iterations = 100;
  RecipeConfig recipe;  ///< of fine-tuning: every iteration begins it anew, optimiser included
  std::uint64_t seed = 0;
};

/// How the pruning state outlives its process.
struct PruningCheckpoint {
  std::filesystem::path path;  ///< empty: not at all; the fine-tuning that runs keeps its own beside it
  std::string identity;        ///< names all that determines the result
  std::function<void()> between_batches = throw_if_stopped;  ///< of fine-tuning; throws to stop
};

/// A model after so many iterations; 0 is what pruning starts from.
struct PruningStep {
  std::int64_t iteration = 0;
  std::int64_t parameters = 0;  ///< left
  double validation_accuracy = 0;
  double test_accuracy = 0;

  bool operator==(const PruningStep&) const = default;
};

enum class PruningEnd {
  accuracy,    ///< the next model fell below the least accuracy
  iterations,  ///< there may be no more
  method,      ///< its own rules cannot be met any more, or round to nothing
};

struct PrunedModel {
  Network network;                   ///< the last that held; pruned weights are zero
  std::vector<PruningStep> history;  ///< the last may be the model that did not hold
  std::int64_t iterations = 0;       ///< of `network`
  PruningEnd end = PruningEnd::iterations;
  double earlier_seconds = 0;  ///< spent before this call, by processes that were stopped
};

/// Prunes a copy of `network`. Pruned weights are exactly zero after every step of fine-tuning.
/// Stopped or killed and called again with the same checkpoint, it ends with the same bits (on GPUs, with what their
/// sums in no fixed order allow).
PrunedModel prune_iteratively(const Network& network, const Dataset& dataset, const TrainingSplit& split,
                              const PruningPlan& plan, const PruningCheckpoint& checkpoint = {});

}  // namespace neusemslice
