#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/image_files.hpp"
#include "data/image_transform.hpp"

namespace neusemslice {

/// One image, ready to be kept.
struct DecodedImage {
  std::int64_t number = 0;  ///< in the order of reading, from 0
  ImagePlace place;
  std::span<const std::uint8_t> planes;  ///< see keep_square; valid during the call
};

/// An image that could not be decoded.
struct LostImage {
  std::int64_t number = 0;
  ImagePlace place;
  std::string problem;
};

struct PipelineResult {
  std::int64_t images = 0;      ///< read
  std::vector<LostImage> lost;  ///< by number
};

/// Reads (this thread), decodes and transforms (`decoders` others) every image of a folder or archive, and gives each
/// to `keep`, which the decoders call at the same time, in no order. A bounded queue stands between: reading runs a few
/// megabytes ahead. Corrupt images are listed, an image of the wrong size is an InputError; whatever a thread throws
/// ends all and is thrown here.
PipelineResult decode_images(const std::filesystem::path& source, const ImageLayout& layout,
                             const ImageTransform& transform, int decoders,
                             const std::function<void(const DecodedImage&)>& keep);

}  // namespace neusemslice
