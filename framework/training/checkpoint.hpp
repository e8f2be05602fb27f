#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "training/optimizer.hpp"
#include "training/training_state.hpp"

namespace neusemslice {

/// The file in which a training outlives its process: safetensors with the trained parameters, the optimiser's state,
/// batch norm's running statistics and the sums of the running epoch, and one JSON text for the rest (FORMATS.md,
/// "Checkpoints"). It is replaced atomically, so it is always one whole state.
class Checkpoint {
 public:
  /// With an empty path nothing is found and nothing is saved.
  Checkpoint(std::filesystem::path path, std::string identity);

  /// Puts the saved state back into both. A file that is damaged, of another identity or of other tensors changes
  /// neither and is warned of: the training then begins at the beginning.
  void restore(Optimizer& optimizer, TrainingState& state) const;

  /// Saves now. What cannot be written is warned of and no reason to end the training.
  void save(const Optimizer& optimizer, const TrainingState& state);

  /// Saves if that takes at most about a fiftieth of the time: the first call always does.
  void save_if_cheap(const Optimizer& optimizer, const TrainingState& state);

 private:
  using Clock = std::chrono::steady_clock;

  std::filesystem::path path_;
  std::string identity_;
  Clock::time_point last_save_;
  Clock::duration last_cost_{};
};

}  // namespace neusemslice
