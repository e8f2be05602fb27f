#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "models/network.hpp"

namespace neusemslice {

/// What one epoch came to.
struct EpochRecord {
  std::int64_t epoch = 0;  ///< from 1
  double learning_rate = 0;
  double training_loss = 0;        ///< mean cross entropy while training
  double training_accuracy = 0;    ///< while training
  double validation_accuracy = 0;  ///< after the epoch

  bool operator==(const EpochRecord&) const = default;
};

/// A training between two batches. With the optimiser's tensors it is all that the rest of the training depends on:
/// there is no random state to keep, since an epoch's order comes from the stream (seed, "shuffle/epoch <epoch>") and a
/// batch's dropout from (seed, "dropout/epoch <epoch>/batch <batch>").
struct TrainingState {
  std::vector<EpochRecord> epochs;  ///< those done: their number is the epoch that runs, from 0
  std::int64_t batch = 0;           ///< the next one of the epoch that runs
  at::Tensor loss_sum;              ///< float64, over that epoch's samples so far; on the network's device, so that no
  at::Tensor correct_sum;           ///< int64     step waits for the host
  Parameters running_statistics;    ///< the network's own buffers, which every batch moves
  double seconds = 0;               ///< of work so far, by all processes that took part

  explicit TrainingState(const Network& network)
      : loss_sum(at::zeros({}, at::TensorOptions(at::kDouble).device(network.device()))),
        correct_sum(at::zeros({}, at::TensorOptions(at::kLong).device(network.device()))),
        running_statistics(network.buffers) {}
};

}  // namespace neusemslice
