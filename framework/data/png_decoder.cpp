#include <csetjmp>
#include <cstring>
#include <string>

#include <png.h>

#include "core/text.hpp"
#include "data/image_decoder.hpp"

namespace neusemslice {
namespace {

/// libpng reports errors by jumping back to where reading began; what the steps need lives here, outside the frames
/// that are jumped over.
class PngReader {
 public:
  PngReader(std::string_view bytes, RgbImage& image) : bytes_(bytes), image_(image) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngReader::fail, &PngReader::ignore);
    require(png_ != nullptr, "the PNG decoder could not be started");
    info_ = png_create_info_struct(png_);
    png_set_read_fn(png_, this, &PngReader::read);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  void decode() {
    if (!read_header()) throw CorruptImage(problem_);
    set_size(image_, png_get_image_height(png_, info_), png_get_image_width(png_, info_));
    for (std::int64_t row = 0; row < image_.height; ++row) rows_.push_back(&image_.pixels[index_of(row)]);
    if (!read_rows()) throw CorruptImage(problem_);
  }

 private:
  [[nodiscard]] std::size_t index_of(std::int64_t row) const {
    return static_cast<std::size_t>(3 * row * image_.width);
  }

  bool read_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_info(png_, info_);
    png_set_expand(png_);
    png_set_strip_16(png_);
    png_set_gray_to_rgb(png_);
    png_set_strip_alpha(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  bool read_rows() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows_.data());
    png_read_end(png_, nullptr);
    return true;
  }

  static void read(png_structp png, png_bytep destination, std::size_t count) {
    auto& self = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > self.bytes_.size()) png_error(png, "it ends early");
    std::memcpy(destination, self.bytes_.data(), count);
    self.bytes_.remove_prefix(count);
  }

  [[noreturn]] static void fail(png_structp png, png_const_charp message) {
    static_cast<PngReader*>(png_get_error_ptr(png))->problem_ = first_line(message);
    png_longjmp(png, 1);
  }
  static void ignore(png_structp /*png*/, png_const_charp /*warning*/) {}

  std::string_view bytes_;
  RgbImage& image_;
  std::string problem_;
  std::vector<png_bytep> rows_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

void decode_png(std::string_view bytes, RgbImage& image) {
  PngReader(bytes, image).decode();
}

}  // namespace neusemslice
