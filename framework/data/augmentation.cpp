#include "data/augmentation.hpp"

#include <vector>

#include "core/error.hpp"
#include "core/random.hpp"

namespace neusemslice {
namespace {

/// The pixels at `rows` (count, height) and `columns` (count, width) of each image.
at::Tensor gather_pixels(const at::Tensor& pixels, const at::Tensor& rows, const at::Tensor& columns) {
  const std::int64_t count = pixels.size(0);
  const std::int64_t channels = pixels.size(1);
  const std::int64_t height = rows.size(1);
  const at::Tensor of_rows = rows.view({count, 1, height, 1}).expand({count, channels, height, pixels.size(3)});
  const at::Tensor of_columns =
      columns.view({count, 1, 1, columns.size(1)}).expand({count, channels, height, columns.size(1)});
  return pixels.gather(2, of_rows).gather(3, of_columns);
}

at::Tensor is_inside(const at::Tensor& indices, std::int64_t size) {
  return indices.ge(0).logical_and_(indices.lt(size));
}

}  // namespace

const at::Tensor& Augmentation::source(const LabelledImages& images) {
  return images.uncropped.defined() ? images.uncropped : images.images;
}

Augmentation::Augmentation(const AugmentationConfig& config, const LabelledImages& images, std::int64_t samples,
                           std::uint64_t seed, std::int64_t epoch, at::Device device)
    : has_padding_(config.crop_padding > 0) {
  const at::Tensor& whole = source(images);
  const std::int64_t height = images.images.size(2);
  const std::int64_t width = images.images.size(3);
  const std::int64_t padding = config.crop_padding;
  const auto places = [&](std::int64_t whole_side, std::int64_t side) {
    return static_cast<std::uint64_t>(whole_side + 2 * padding - side + 1);
  };
  RandomStream stream(seed, fmt::format("augmentation/epoch {}", epoch));
  std::vector<std::int64_t> tops;
  std::vector<std::int64_t> lefts;
  std::vector<std::int64_t> flips;
  for (std::int64_t i = 0; i < samples; ++i) {
    tops.push_back(static_cast<std::int64_t>(stream.below(places(whole.size(2), height))) - padding);
    lefts.push_back(static_cast<std::int64_t>(stream.below(places(whole.size(3), width))) - padding);
    flips.push_back(config.flip ? static_cast<std::int64_t>(stream.below(2)) : 0);
  }
  const auto on_device = [&](const std::vector<std::int64_t>& values) {
    return at::tensor(values, at::TensorOptions(at::kLong)).to(device);
  };
  tops_ = on_device(tops);
  lefts_ = on_device(lefts);
  flips_ = on_device(flips);
  rows_ = at::arange(height, at::TensorOptions(at::kLong).device(device));
  columns_ = at::arange(width, at::TensorOptions(at::kLong).device(device));
}

at::Tensor Augmentation::operator()(const at::Tensor& pixels, std::int64_t first) const {
  const std::int64_t count = pixels.size(0);
  require(0 <= first && first + count <= tops_.numel(), "no samples {} to {} in an epoch of {}", first, first + count,
          tops_.numel());
  const auto of_batch = [&](const at::Tensor& draws) { return draws.slice(0, first, first + count).unsqueeze(1); };
  const at::Tensor rows = of_batch(tops_) + rows_;
  // Mirrored, column x comes from width - 1 - x.
  const at::Tensor columns = of_batch(lefts_) + columns_ + of_batch(flips_) * (columns_.size(0) - 1 - 2 * columns_);
  if (!has_padding_) return gather_pixels(pixels, rows, columns);
  const std::int64_t height = pixels.size(2);
  const std::int64_t width = pixels.size(3);
  at::Tensor cropped = gather_pixels(pixels, rows.clamp(0, height - 1), columns.clamp(0, width - 1));
  const at::Tensor inside = is_inside(rows, height).unsqueeze(2).logical_and(is_inside(columns, width).unsqueeze(1));
  return cropped.mul_(inside.unsqueeze(1));
}

}  // namespace neusemslice
