#pragma once

#include <array>
#include <cstdint>

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include "data/batch_preparation.hpp"
#include "data/dataset.hpp"

namespace neusemslice {

/// Batches of images that stay on the host, for a GPU: each is gathered into pinned memory and copied on a stream of
/// its own while the current stream still computes on the one before. There are two places, on the host and on the GPU,
/// each overwritten only when what was in it has been used, so the host runs at most a few batches ahead. One stream
/// must be current in all calls.
class StagedBatches {
 public:
  /// Batches of `batch_size` of the images at `positions` (int64, on the host); the last may be smaller.
  StagedBatches(const LabelledImages& images, BatchPreparation preparation, at::Device gpu, at::Tensor positions,
                std::int64_t batch_size);
  ~StagedBatches();
  StagedBatches(const StagedBatches&) = delete;
  StagedBatches& operator=(const StagedBatches&) = delete;

  /// Batch number `index`, and starts the copy of the next one. Indices rise by one from call to call.
  Batch get(std::int64_t index);

 private:
  struct Place {
    at::Tensor host_images;  ///< pinned
    at::Tensor host_labels;  ///< pinned
    at::Tensor images;       ///< uint8, on the GPU
    at::Tensor labels;
    c10::Event copied{at::DeviceType::CUDA};    ///< on the copy stream: the GPU has the batch, pinned memory is free
    c10::Event consumed{at::DeviceType::CUDA};  ///< on the current stream: the GPU's memory is free
  };

  [[nodiscard]] at::Tensor positions_of(std::int64_t index) const;
  Place& place_of(std::int64_t index) { return places_[static_cast<std::size_t>(index % 2)]; }
  void stage(std::int64_t index);

  at::Tensor images_;
  at::Tensor labels_;
  at::Tensor positions_;
  std::int64_t batch_size_;
  at::Device gpu_;
  BatchPreparation prepare_;
  c10::Stream copy_stream_;
  std::array<Place, 2> places_;
  std::int64_t staged_ = -1;  ///< the last batch whose copy was started
};

}  // namespace neusemslice
