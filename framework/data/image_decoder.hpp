#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace neusemslice {

/// Pixel (row, column) is the three bytes red, green, blue at pixels[(row * width + column) * 3].
struct RgbImage {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> pixels;
};

/// The bytes are no whole image; the message is the decoder's own.
class CorruptImage : public Error {
 public:
  using Error::Error;
};

/// Decodes JPEG and PNG, told apart by their first bytes, into the pixels that Pillow's convert("RGB") gives: grey
/// becomes three equal channels, CMYK is multiplied out, an alpha channel is dropped, 16 bits become their upper 8. An
/// image that ends early or is damaged anywhere is corrupt; one with harmless extra bytes is not. Fills `image`, whose
/// memory is used again. Throws CorruptImage.
void decode_image(std::string_view bytes, RgbImage& image);

/// Sets the image's size and makes room for it; throws CorruptImage for a size that no photograph has, so that a few
/// damaged bytes do not cost gigabytes.
void set_size(RgbImage& image, std::int64_t height, std::int64_t width);

/// One kind alone.
void decode_jpeg(std::string_view bytes, RgbImage& image);
void decode_png(std::string_view bytes, RgbImage& image);

}  // namespace neusemslice
