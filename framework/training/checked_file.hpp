#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "models/safetensors.hpp"

namespace neusemslice {

// Safetensors that hold how far something is: with a format, with what they belong to, and with the SHA-256 of all but
// itself, so that a damaged or foreign file is never taken for one's own (FORMATS.md, "Checkpoints").

/// Adds `format`, `identity` and `sha256` to the metadata and writes atomically.
void write_checked(const std::filesystem::path& path, const TensorMap& tensors,
                   std::map<std::string, std::string> metadata, const std::string& format, const std::string& identity);

/// Throws Error, saying what is wrong, unless the file is whole and of this format and identity.
SafetensorsFile read_checked(const std::filesystem::path& path, const std::string& format, const std::string& identity);

}  // namespace neusemslice
