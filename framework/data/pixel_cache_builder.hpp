#pragma once

#include <filesystem>

#include "data/build_file.hpp"
#include "data/image_files.hpp"
#include "data/image_transform.hpp"

namespace neusemslice {

/// Counted up when equal sources would give another file.
inline constexpr const char* kPixelCacheFormat = "neusemslice.images/1";

/// Of the length and the header together: the pixels begin on a page.
inline constexpr std::int64_t kPixelCacheHeaderBytes = 8192;

/// Decodes an image folder or archive into `file`; see open_pixel_cache.
void build_pixel_cache(const std::filesystem::path& source, const ImageLayout& layout, const ImageTransform& transform,
                       int decoders, BuildFile& file);

}  // namespace neusemslice
