#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/image_files.hpp"
#include "data/image_transform.hpp"

namespace neusemslice {

/// Decoded images in one file, a safetensors file (FORMATS.md): `images` (samples, 3, side, side) as bytes and
/// `labels`, the training images first, each part by category and name. Made once, then mapped into memory.
struct PixelCache {
  std::filesystem::path path;
  std::int64_t samples = 0;
  std::int64_t training_samples = 0;
  std::int64_t side = 0;
  std::int64_t images_offset = 0;    ///< of the first pixel, in bytes; a multiple of a page
  std::vector<std::int64_t> labels;  ///< categories
  std::string fingerprint;           ///< SHA-256 over all pixels and labels, however the source was packed
  std::string left_out;              ///< corrupt images in words, or empty
};

/// The cache of an image folder or archive in `folder`, made first if need be by `decoders` threads: named by the state
/// of the source, the layout and the transform, so that a change of any makes a new one. Safe when many processes call
/// it at once: one decodes, the others wait. Warns of corrupt images, which are left out. Throws InputError and leaves
/// no file behind: a class folder without images, every image of a class or more than 1 % of all corrupt (one is always
/// forgiven), an image of the wrong size, a damaged archive, a full disk.
PixelCache open_pixel_cache(const std::filesystem::path& source, const ImageLayout& layout,
                            const ImageTransform& transform, const std::filesystem::path& folder, int decoders);

}  // namespace neusemslice
