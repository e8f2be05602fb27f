#include "data/image_samples.hpp"

#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <png.h>
#include <turbojpeg.h>

#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

std::string png_bytes(const RgbImage& image, png_uint_32 format, const std::vector<std::uint8_t>& pixels) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = format;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(header), '\0');
  png_alloc_size_t size = bytes.size();
  require(png_image_write_to_memory(&header, bytes.data(), &size, 0, pixels.data(), 0, nullptr) != 0, "libpng: {}",
          header.message);
  bytes.resize(size);
  return bytes;
}

std::vector<std::uint8_t> reds(const RgbImage& image) {
  std::vector<std::uint8_t> red;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) red.push_back(image.pixels[i]);
  return red;
}

std::string jpeg_bytes(std::int64_t height, std::int64_t width, const std::vector<std::uint8_t>& pixels, int format,
                       int subsampling) {
  const std::unique_ptr<void, int (*)(tjhandle)> encoder(tjInitCompress(), tjDestroy);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  const int status = tjCompress2(encoder.get(), pixels.data(), static_cast<int>(width), 0, static_cast<int>(height),
                                 format, &data, &size, subsampling, 95, 0);
  require(status == 0, "turbojpeg: {}", tjGetErrorStr2(encoder.get()));
  std::string bytes(reinterpret_cast<const char*>(data), size);
  tjFree(data);
  return bytes;
}

}  // namespace

RgbImage pattern(std::int64_t height, std::int64_t width, std::int64_t shift) {
  RgbImage image{height, width, {}};
  for (std::int64_t r = 0; r < height; ++r) {
    for (std::int64_t c = 0; c < width; ++c) {
      for (std::int64_t channel = 0; channel < 3; ++channel) {
        image.pixels.push_back(static_cast<std::uint8_t>(7 * r * r + 13 * c + 5 * r * c + 31 * channel + shift));
      }
    }
  }
  return image;
}

RgbImage plain(std::int64_t size, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  RgbImage image{size, size, {}};
  for (std::int64_t i = 0; i < size * size; ++i) image.pixels.insert(image.pixels.end(), {red, green, blue});
  return image;
}

std::string png(const RgbImage& image, int channels) {
  if (channels == 3) return png_bytes(image, PNG_FORMAT_RGB, image.pixels);
  std::vector<std::uint8_t> pixels;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    pixels.insert(pixels.end(), {image.pixels[i], image.pixels[i + 1], image.pixels[i + 2], 128});
  }
  return png_bytes(image, PNG_FORMAT_RGBA, pixels);
}

std::string grey_png(const RgbImage& image) {
  return png_bytes(image, PNG_FORMAT_GRAY, reds(image));
}

std::string jpeg(const RgbImage& image) {
  return jpeg_bytes(image.height, image.width, image.pixels, TJPF_RGB, TJSAMP_444);
}

std::string grey_jpeg(const RgbImage& image) {
  return jpeg_bytes(image.height, image.width, reds(image), TJPF_GRAY, TJSAMP_GRAY);
}

std::string cmyk_jpeg(std::int64_t size, const std::vector<std::uint8_t>& cmyk) {
  return jpeg_bytes(size, size, cmyk, TJPF_CMYK, TJSAMP_444);
}

std::filesystem::path write_tar(const std::filesystem::path& path, const std::vector<TarMember>& members) {
  std::filesystem::create_directories(path.parent_path());
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  if (path.extension() == ".gz") archive_write_add_filter_gzip(writer.get());
  archive_write_set_format_pax_restricted(writer.get());
  require(archive_write_open_filename(writer.get(), path.c_str()) == ARCHIVE_OK, "no archive {}", path.string());
  for (const TarMember& member : members) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), member.path.c_str());
    archive_entry_set_filetype(entry.get(), member.link.empty() ? AE_IFREG : AE_IFLNK);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.content.size()));
    if (!member.link.empty()) archive_entry_set_symlink(entry.get(), member.link.c_str());
    require(archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK, "no member {}", member.path);
    archive_write_data(writer.get(), member.content.data(), member.content.size());
  }
  archive_write_close(writer.get());
  return path;
}

std::vector<TarMember> cats_and_dogs(std::int64_t size, int images, const std::string& root) {
  std::vector<TarMember> members;
  std::int64_t shift = 0;
  for (const char* folder : {"test/cat", "test/dog", "train/cat", "train/dog"}) {
    for (int i = 0; i < images; ++i) {
      members.push_back({fmt::format("{}{}/{:03}.png", root, folder, i), png(pattern(size, size, shift++)), ""});
    }
  }
  return members;
}

void write_folder(const std::filesystem::path& folder, const std::vector<TarMember>& members) {
  for (const TarMember& member : members) write(folder / member.path, member.content);
}

}  // namespace neusemslice::testing_data
