#include "data/staged_batches.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace neusemslice {
namespace {

c10::Stream current_stream(at::Device gpu) {
  return c10::impl::VirtualGuardImpl(gpu.type()).getStream(gpu);
}

/// Like `count` rows of `tensor`.
at::Tensor empty_rows(const at::Tensor& tensor, std::int64_t count, const at::TensorOptions& options) {
  std::vector<std::int64_t> shape = tensor.sizes().vec();
  shape[0] = count;
  return at::empty(shape, options.dtype(tensor.dtype()));
}

void gather_into(at::Tensor destination, const at::Tensor& source, const at::Tensor& positions) {
  at::index_select_out(destination, source, 0, positions);
}

}  // namespace

StagedBatches::StagedBatches(const LabelledImages& images, BatchPreparation preparation, at::Device gpu,
                             at::Tensor positions, std::int64_t batch_size)
    : images_(preparation.source(images)),
      labels_(images.labels),
      positions_(std::move(positions)),
      batch_size_(std::min(batch_size, positions_.numel())),
      gpu_(gpu),
      prepare_(std::move(preparation)),
      copy_stream_(c10::impl::VirtualGuardImpl(gpu.type()).getStreamFromGlobalPool(gpu)) {
  const at::TensorOptions pinned = at::TensorOptions(at::kCPU).pinned_memory(true);
  for (Place& place : places_) {
    place.host_images = empty_rows(images_, batch_size_, pinned);
    place.host_labels = empty_rows(labels_, batch_size_, pinned);
    place.images = empty_rows(images_, batch_size_, gpu);
    place.labels = empty_rows(labels_, batch_size_, gpu);
    place.consumed.record(current_stream(gpu));  // until here, earlier work may still use this memory
  }
}

/// No copy may still run into memory that is given back.
StagedBatches::~StagedBatches() {
  try {
    for (const Place& place : places_) place.copied.synchronize();
  } catch (const c10::Error&) {
    // The GPU has failed, and whatever uses it next reports that.
  }
}

Batch StagedBatches::get(std::int64_t index) {
  if (staged_ < index) stage(index);
  Place& place = place_of(index);
  const c10::Stream compute = current_stream(gpu_);
  const std::int64_t count = positions_of(index).numel();
  place.copied.block(compute);
  Batch batch{prepare_(place.images.narrow(0, 0, count), index * batch_size_),
              place.labels.narrow(0, 0, count).clone()};
  place.consumed.record(compute);
  if (positions_of(index + 1).numel() > 0) stage(index + 1);
  return batch;
}

at::Tensor StagedBatches::positions_of(std::int64_t index) const {
  return positions_.slice(0, index * batch_size_, (index + 1) * batch_size_);
}

void StagedBatches::stage(std::int64_t index) {
  Place& place = place_of(index);
  const at::Tensor positions = positions_of(index);
  const auto rows = [&](const at::Tensor& tensor) { return tensor.narrow(0, 0, positions.numel()); };
  place.copied.synchronize();  // the copy of the batch before the last has left the pinned memory
  gather_into(rows(place.host_images), images_, positions);
  gather_into(rows(place.host_labels), labels_, positions);
  place.consumed.block(copy_stream_);
  {
    const c10::StreamGuard guard(copy_stream_);
    rows(place.images).copy_(rows(place.host_images), /*non_blocking=*/true);
    rows(place.labels).copy_(rows(place.host_labels), /*non_blocking=*/true);
  }
  place.copied.record(copy_stream_);
  staged_ = index;
}

}  // namespace neusemslice
