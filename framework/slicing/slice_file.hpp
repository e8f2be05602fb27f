#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

#include "slicing/slice.hpp"

namespace neusemslice {

/// strategy, metric, threshold (semantic) or percent, layers and rescued: what every slice file begins with.
nlohmann::json slice_to_json(const Slice& slice);

/// Reads a slice file and checks it against the network: every layer known, indices sorted, unique and in range,
/// nothing empty, layers of one group equal. Layers that the file does not name keep all their units. Other keys are
/// ignored.
Slice read_slice(const std::filesystem::path& path, const UnitGraph& units);

/// The same of what the file, or a part of it, holds; `path` is for messages.
Slice slice_from(const std::filesystem::path& path, const nlohmann::json& json, const UnitGraph& units);

}  // namespace neusemslice
