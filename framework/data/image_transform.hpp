#pragma once

#include <cstdint>
#include <span>

#include "data/image_decoder.hpp"
#include "data/resample.hpp"

namespace neusemslice {

/// From a decoded image to the square of pixels that is kept of it.
struct ImageTransform {
  std::int64_t resize = 0;  ///< the shorter side is brought to this, see resize_bilinear; 0: images stay as they are
  std::int64_t image_size = 0;  ///< height and width of what a network sees; without `resize` every image has them

  /// Height and width of what is kept: of a resized image all that random crops can reach without leaving the middle.
  [[nodiscard]] std::int64_t side() const { return resize != 0 ? resize : image_size; }

  /// Where in the kept square the centre crop begins, in both directions: torchvision's for a square of `side`.
  [[nodiscard]] std::int64_t margin() const;

  /// Without `resize`, an image of another size is a mistake in the data.
  [[nodiscard]] bool fits(const RgbImage& image) const;
};

/// `amount` / 2, halves to the even neighbour, as Python rounds.
std::int64_t rounded_half(std::int64_t amount);

/// The part of `image`, resized, that is kept: torchvision's Resize(resize), and then such a square that its centre
/// crop is exactly CenterCrop(image_size) of the resized image. Written as three planes (red, green, blue) of side x
/// side.
void keep_square(const RgbImage& image, const ImageTransform& transform, std::span<std::uint8_t> planes);

}  // namespace neusemslice
