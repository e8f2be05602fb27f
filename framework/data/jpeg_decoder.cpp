#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>  // which jpeglib.h does not include, though it needs it

#include <jerror.h>
#include <jpeglib.h>

#include "data/image_decoder.hpp"

namespace neusemslice {
namespace {

/// Warnings about what stands beside the pixels. libjpeg counts every other one as a corrupt image that it made the
/// best of.
constexpr std::array<int, 4> kHarmless = {JWRN_EXTRANEOUS_DATA, JWRN_ADOBE_XFORM, JWRN_JFIF_MAJOR, JWRN_NOT_SEQUENTIAL};

/// A progressive image has ten or so; thousands are made to keep a decoder busy.
constexpr int kMostScans = 500;

/// libjpeg reports through functions that must not return after an error, and cannot throw through its frames.
struct Problems {
  jpeg_error_mgr manager;  // first: libjpeg knows the address of this alone
  std::jmp_buf escape;
  std::array<char, JMSG_LENGTH_MAX> text;
};

[[noreturn]] void give_up(j_common_ptr decoder) {
  auto* problems = reinterpret_cast<Problems*>(decoder->err);
  problems->manager.format_message(decoder, problems->text.data());
  std::longjmp(problems->escape, 1);
}

void judge_message(j_common_ptr decoder, int level) {
  const bool is_warning = level < 0;
  if (is_warning && std::ranges::find(kHarmless, decoder->err->msg_code) == kHarmless.end()) give_up(decoder);
}

void limit_scans(j_common_ptr decoder) {
  if (reinterpret_cast<j_decompress_ptr>(decoder)->input_scan_number <= kMostScans) return;
  decoder->err->msg_code = JERR_BAD_PROGRESSION;
  give_up(decoder);
}

class JpegDecoder {
 public:
  JpegDecoder() {
    info_.err = jpeg_std_error(&problems_.manager);
    problems_.manager.error_exit = give_up;
    problems_.manager.emit_message = judge_message;
    attempt([&] { jpeg_create_decompress(&info_); });
    progress_.progress_monitor = limit_scans;
    info_.progress = &progress_;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  void read_header(std::string_view bytes) {
    attempt([&] {
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
      jpeg_read_header(&info_, TRUE);
    });
  }

  [[nodiscard]] std::int64_t height() const { return info_.image_height; }
  [[nodiscard]] std::int64_t width() const { return info_.image_width; }
  [[nodiscard]] bool is_cmyk() const {
    return info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
  }

  /// Three values a pixel, or four of CMYK, row by row.
  void read_pixels(std::uint8_t* pixels) {
    info_.out_color_space = is_cmyk() ? JCS_CMYK : JCS_RGB;
    attempt([&] {
      jpeg_start_decompress(&info_);
      const std::size_t stride = static_cast<std::size_t>(info_.output_width) * (is_cmyk() ? 4 : 3);
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = pixels + info_.output_scanline * stride;
        jpeg_read_scanlines(&info_, &row, 1);
      }
      jpeg_finish_decompress(&info_);
    });
  }

 private:
  /// Runs calls of libjpeg, with nothing in their frame that a jump would leave undestroyed.
  template <typename Calls>
  void attempt(const Calls& calls) {
    if (setjmp(problems_.escape) != 0) throw CorruptImage(std::string(problems_.text.data()));
    calls();
  }

  Problems problems_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
};

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

void decode_jpeg(std::string_view bytes, RgbImage& image) {
  JpegDecoder decoder;
  decoder.read_header(bytes);
  set_size(image, decoder.height(), decoder.width());
  if (!decoder.is_cmyk()) return decoder.read_pixels(image.pixels.data());
  std::vector<std::uint8_t> cmyk(static_cast<std::size_t>(4 * image.height * image.width));
  decoder.read_pixels(cmyk.data());
  multiply_out(cmyk, image);
}

}  // namespace neusemslice
