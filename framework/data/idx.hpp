#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace neusemslice {

/// Grey images of equal size, as an IDX file holds them: pixel (row, column) of image i is
/// pixels[(i * height + row) * width + column].
struct IdxImages {
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> pixels;
};

/// IDX is a big-endian header (magic 00 00 type dimensions, then one 32-bit size per dimension) and the items after it.
/// The readers take unsigned bytes, plain or gzip, and throw an InputError of one line naming the file, the value found
/// and what to do, unless the content is exactly what its header says.
IdxImages read_idx_images(const std::filesystem::path& path);
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& path);

/// The same for unpacked content already in memory; `path` is for the messages.
IdxImages parse_idx_images(std::string_view content, const std::filesystem::path& path);
std::vector<std::uint8_t> parse_idx_labels(std::string_view content, const std::filesystem::path& path);

/// How many images or labels the content holds, checked as strictly as when they are read.
std::int64_t count_idx_samples(std::string_view content, const std::filesystem::path& path);

}  // namespace neusemslice
