#pragma once

#include <filesystem>
#include <optional>

#include "config/dataset.hpp"
#include "data/dataset.hpp"

namespace neusemslice {

/// Reads a data set described as image-folder: finds its folder or archive (locate_source), decodes it once with as
/// many threads as LibTorch computes with (open_pixel_cache) and maps the pixels into memory; they are for reading
/// only. `images` are the centre crops; where `resize` leaves more, `uncropped` has it. Labels follow the order of
/// classes.
Dataset load_image_folder(const DatasetConfig& config, const std::optional<std::filesystem::path>& data_dir);

}  // namespace neusemslice
