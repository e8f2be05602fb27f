#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <ATen/ATen.h>

#include "data/augmentation.hpp"
#include "data/batch_preparation.hpp"
#include "data/dataset.hpp"
#include "data/staged_batches.hpp"

namespace neusemslice {

/// Batches of labelled images for a network, one after the other:
///
///   BatchSource batches(images, normalisation, network.device(), positions, 512);
///   while (!batches.done()) use(batches.next());
///
/// On the CPU each is gathered when it is asked for. A GPU holds a copy of all images where its memory has ample room
/// (DeviceCopies), and gathers there; elsewhere the next batch travels while the network works on this one
/// (StagedBatches). Neither waits for the GPU.
class BatchSource {
 public:
  /// Batches of `batch_size` of the images at `positions` (int64, on the host), from number `first` on; the last may be
  /// smaller. Like at::split, no positions are one empty batch. An augmentation is that of all `positions` in their
  /// order.
  BatchSource(const LabelledImages& images, const Normalisation& normalisation, at::Device device, at::Tensor positions,
              std::int64_t batch_size, std::int64_t first = 0, std::optional<Augmentation> augmentation = std::nullopt);

  [[nodiscard]] bool done() const { return next_ == count_; }
  Batch next();

 private:
  at::Tensor images_;  ///< where batches are gathered, as are labels and positions
  at::Tensor labels_;
  at::Tensor positions_;
  std::int64_t batch_size_;
  std::int64_t count_;
  std::int64_t next_;
  at::Device device_;
  BatchPreparation prepare_;
  std::unique_ptr<StagedBatches> staged_;  ///< instead of them
};

}  // namespace neusemslice
