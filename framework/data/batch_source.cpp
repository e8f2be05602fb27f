#include "data/batch_source.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace neusemslice {

BatchSource::BatchSource(const LabelledImages& images, const Normalisation& normalisation, at::Device device,
                         at::Tensor positions, std::int64_t batch_size, std::int64_t first)
    : images_(images.images),
      labels_(images.labels),
      positions_(std::move(positions)),
      batch_size_(batch_size),
      count_(std::max<std::int64_t>((positions_.numel() + batch_size - 1) / batch_size, 1)),
      next_(first),
      device_(device),
      normaliser_(normalisation, device) {
  require(0 <= first && first <= count_, "no batch {} of {}", first, count_);
  if (device.is_cpu()) return;
  const auto copy = images.copies->on(device, images.images, images.labels);
  if (copy) {
    images_ = copy->images;
    labels_ = copy->labels;
    positions_ = positions_.to(device);
  } else if (positions_.numel() > 0) {
    staged_ = std::make_unique<StagedBatches>(images, normalisation, device, positions_, batch_size);
  }
}

Batch BatchSource::next() {
  require(!done(), "there are {} batches and no more", count_);
  const std::int64_t index = next_++;
  if (staged_) return staged_->get(index);
  const at::Tensor chosen = positions_.slice(0, index * batch_size_, (index + 1) * batch_size_);
  return {normaliser_(images_.index_select(0, chosen).to(device_)), labels_.index_select(0, chosen).to(device_)};
}

}  // namespace neusemslice
