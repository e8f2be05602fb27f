#include "data/image_decoder.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kMostPixels = std::int64_t{1} << 27;
constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpegSignature = "\xff\xd8\xff";

}  // namespace

void set_size(RgbImage& image, std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1 || width > kMostPixels / height)
    throw CorruptImage(fmt::format("its header says {} x {} pixels", height, width));
  image.height = height;
  image.width = width;
  image.pixels.resize(static_cast<std::size_t>(3 * height * width));
}

void decode_image(std::string_view bytes, RgbImage& image) {
  if (bytes.starts_with(kJpegSignature)) return decode_jpeg(bytes, image);
  if (bytes.starts_with(kPngSignature)) return decode_png(bytes, image);
  throw CorruptImage(bytes.empty() ? "it is empty" : "it is neither JPEG nor PNG");
}

}  // namespace neusemslice
