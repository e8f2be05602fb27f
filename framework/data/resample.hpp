#pragma once

#include <cstdint>

#include "data/image_decoder.hpp"

namespace neusemslice {

/// A rectangle of an image, in pixels.
struct Crop {
  std::int64_t top = 0;
  std::int64_t left = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// The part `crop` of what `image` is when resized to `height` x `width`: bilinear and, when it gets smaller,
/// antialiased (a triangle as wide as two output pixels). First columns, then rows, each rounded to bytes, weights as
/// 22-bit fixed point: bit for bit what Pillow's Image.resize(..., BILINEAR) computes, and so torchvision's Resize on
/// images. Only what the crop needs is computed.
RgbImage resize_bilinear(const RgbImage& image, std::int64_t height, std::int64_t width, const Crop& crop);

}  // namespace neusemslice
