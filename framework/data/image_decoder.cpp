#include "data/image_decoder.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <turbojpeg.h>

#include "core/text.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kMostPixels = std::int64_t{1} << 27;
constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpegSignature = "\xff\xd8\xff";

/// libjpeg's warnings about what stands beside the pixels. (What TurboJPEG calls a warning may have been fatal.)
constexpr std::array<std::string_view, 4> kHarmless = {"extraneous bytes", "Unknown Adobe color transform",
                                                       "unknown JFIF revision", "Invalid SOS parameters"};

bool is_harmless(const std::string& problem) {
  return std::ranges::any_of(kHarmless, [&](std::string_view text) { return problem.find(text) != std::string::npos; });
}

tjhandle start_decoder() {
  tjhandle decoder = tjInitDecompress();
  require(decoder != nullptr, "the JPEG decoder could not be started: {}", first_line(tjGetErrorStr2(nullptr)));
  return decoder;
}

/// a * b / 255, rounded.
std::uint8_t product(int a, int b) {
  const int scaled = a * b + 128;
  return static_cast<std::uint8_t>(((scaled >> 8) + scaled) >> 8);
}

/// JPEG files hold CMYK inverted, as Adobe's programs write them: four times "how much light is left".
void multiply_out(const std::vector<std::uint8_t>& cmyk, RgbImage& image) {
  for (std::size_t pixel = 0; pixel < cmyk.size() / 4; ++pixel) {
    const int light = cmyk[4 * pixel + 3];
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const std::uint8_t ink = product(255 - cmyk[4 * pixel + channel], light);
      image.pixels[3 * pixel + channel] = static_cast<std::uint8_t>(light - ink);
    }
  }
}

}  // namespace

void set_size(RgbImage& image, std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1 || width > kMostPixels / height)
    throw CorruptImage(fmt::format("its header says {} x {} pixels", height, width));
  image.height = height;
  image.width = width;
  image.pixels.resize(static_cast<std::size_t>(3 * height * width));
}

ImageDecoder::ImageDecoder() : jpeg_(start_decoder()) {}

ImageDecoder::~ImageDecoder() {
  tjDestroy(jpeg_);
}

/// After an error the decoder still stands inside the old image: the next one gets a new decoder.
void ImageDecoder::check_jpeg(int status) {
  const std::string problem = status == 0 ? "" : first_line(tjGetErrorStr2(jpeg_));
  if (status == 0 || is_harmless(problem)) return;
  tjDestroy(std::exchange(jpeg_, nullptr));
  jpeg_ = start_decoder();
  throw CorruptImage(problem);
}

void ImageDecoder::decode(std::string_view bytes, RgbImage& image) {
  if (bytes.starts_with(kJpegSignature)) return decode_jpeg(bytes, image);
  if (bytes.starts_with(kPngSignature)) return decode_png(bytes, image);
  throw CorruptImage(bytes.empty() ? "it is empty" : "it is neither JPEG nor PNG");
}

void ImageDecoder::decode_jpeg(std::string_view bytes, RgbImage& image) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto size = static_cast<unsigned long>(bytes.size());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  check_jpeg(tjDecompressHeader3(jpeg_, data, size, &width, &height, &subsampling, &colours));
  set_size(image, height, width);
  const bool is_cmyk = colours == TJCS_CMYK || colours == TJCS_YCCK;
  if (is_cmyk) cmyk_.resize(static_cast<std::size_t>(4 * image.height * image.width));
  check_jpeg(tjDecompress2(jpeg_, data, size, is_cmyk ? cmyk_.data() : image.pixels.data(), width, 0, height,
                           is_cmyk ? TJPF_CMYK : TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS));
  if (is_cmyk) multiply_out(cmyk_, image);
}

}  // namespace neusemslice
