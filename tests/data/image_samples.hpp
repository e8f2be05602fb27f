#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/image_decoder.hpp"
#include "data/image_files.hpp"

namespace neusemslice::testing_data {

/// An image whose every pixel is known: (7 r^2 + 13 c + 5 r c + 31 channel + shift) mod 256.
RgbImage pattern(std::int64_t height, std::int64_t width, std::int64_t shift = 0);

/// An image of one colour: it is nearly itself after JPEG.
RgbImage plain(std::int64_t size, std::uint8_t red, std::uint8_t green, std::uint8_t blue);

/// Without loss. `channels` is 3 or 4 (a half transparent alpha channel).
std::string png(const RgbImage& image, int channels = 3);

/// One grey channel: the image's red.
std::string grey_png(const RgbImage& image);

/// At quality 95, colours in full resolution.
std::string jpeg(const RgbImage& image);

/// The image's red as a JPEG of one channel.
std::string grey_jpeg(const RgbImage& image);

/// As Adobe's programs write it: inverted. `image` has four bytes a pixel: how much light cyan, magenta, yellow and
/// black leave.
std::string cmyk_jpeg(std::int64_t size, const std::vector<std::uint8_t>& cmyk);

/// Part of an archive: a file with content, or a symbolic link to `link`.
struct TarMember {
  std::string path;
  std::string content;
  std::string link;
};

/// Writes a tar archive, gzip-compressed when its name ends in ".gz".
std::filesystem::path write_tar(const std::filesystem::path& path, const std::vector<TarMember>& members);

/// The members of a small image folder: `images` PNG files of size x size in each of train/cat, train/dog, test/cat and
/// test/dog below `root`, all different.
std::vector<TarMember> cats_and_dogs(std::int64_t size, int images, const std::string& root = "pets/");

/// The same as a folder on the disk.
void write_folder(const std::filesystem::path& folder, const std::vector<TarMember>& members);

inline const ImageLayout kCatsAndDogs{.training = "train", .test = "test", .classes = {"cat", "dog"}};

}  // namespace neusemslice::testing_data
