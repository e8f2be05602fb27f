#include "data/batch_source.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace neusemslice {
BatchSource::BatchSource(const LabelledImages& images, const Normalisation& normalisation, at::Device device,
                         at::Tensor positions, std::int64_t batch_size, std::int64_t first,
                         std::optional<Augmentation> augmentation)
    : labels_(images.labels),
      positions_(std::move(positions)),
      batch_size_(batch_size),
      count_(std::max<std::int64_t>((positions_.numel() + batch_size - 1) / batch_size, 1)),
      next_(first),
      device_(device),
      prepare_(normalisation, device, std::move(augmentation)) {
  require(0 <= first && first <= count_, "no batch {} of {}", first, count_);
  images_ = prepare_.source(images);
  if (device.is_cpu()) return;
  const auto copy = images.copies->on(device, Augmentation::source(images), images.labels);
  if (copy) {
    images_ = images_.is_same(images.images) ? same_crop(copy->images, images) : copy->images;
    labels_ = copy->labels;
    positions_ = positions_.to(device);
  } else if (positions_.numel() > 0) {
    staged_ = std::make_unique<StagedBatches>(images, prepare_, device, positions_, batch_size);
  }
}

Batch BatchSource::next() {
  require(!done(), "there are {} batches and no more", count_);
  const std::int64_t index = next_++;
  if (staged_) return staged_->get(index);
  const at::Tensor chosen = positions_.slice(0, index * batch_size_, (index + 1) * batch_size_);
  return {prepare_(images_.index_select(0, chosen).to(device_), index * batch_size_),
          labels_.index_select(0, chosen).to(device_)};
}

}  // namespace neusemslice
