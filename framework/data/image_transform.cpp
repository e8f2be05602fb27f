#include "data/image_transform.hpp"

#include <algorithm>

namespace neusemslice {
namespace {

/// The longer side of an image whose shorter one becomes `resize`: torchvision cuts fractions off.
std::int64_t longer_side(std::int64_t resize, std::int64_t longer, std::int64_t shorter) {
  return static_cast<std::int64_t>(static_cast<double>(resize * longer) / static_cast<double>(shorter));
}

RgbImage resized_square(const RgbImage& image, const ImageTransform& transform) {
  const bool is_upright = image.height > image.width;
  const std::int64_t longer =
      longer_side(transform.resize, std::max(image.height, image.width), std::min(image.height, image.width));
  const std::int64_t height = is_upright ? longer : transform.resize;
  const std::int64_t width = is_upright ? transform.resize : longer;
  const Crop crop{.top = rounded_half(height - transform.image_size) - transform.margin(),
                  .left = rounded_half(width - transform.image_size) - transform.margin(),
                  .height = transform.side(),
                  .width = transform.side()};
  return resize_bilinear(image, height, width, crop);
}

void to_planes(const RgbImage& image, std::span<std::uint8_t> planes) {
  const std::size_t count = image.pixels.size() / 3;
  for (std::size_t pixel = 0; pixel < count; ++pixel) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      planes[channel * count + pixel] = image.pixels[3 * pixel + channel];
    }
  }
}

}  // namespace

std::int64_t rounded_half(std::int64_t amount) {
  const std::int64_t half = amount / 2;
  return half + (amount % 2 != 0 && half % 2 != 0 ? 1 : 0);
}

std::int64_t ImageTransform::margin() const {
  return rounded_half(side() - image_size);
}

bool ImageTransform::fits(const RgbImage& image) const {
  return resize != 0 || (image.height == image_size && image.width == image_size);
}

void keep_square(const RgbImage& image, const ImageTransform& transform, std::span<std::uint8_t> planes) {
  require(static_cast<std::int64_t>(planes.size()) == 3 * transform.side() * transform.side() && transform.fits(image),
          "an image of {} x {} pixels does not become three planes of {} x {}", image.height, image.width,
          transform.side(), transform.side());
  transform.resize != 0 ? to_planes(resized_square(image, transform), planes) : to_planes(image, planes);
}

}  // namespace neusemslice
