#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/architecture.hpp"

namespace neusemslice {

// Networks as YAML, in the format that ARCHITECTURES.md describes: the user's own, and shrunken ones.

/// The network a description stands for, with images of this shape (channels, height, width) and this many categories,
/// which its last step must give. `title` is the file it comes from, for messages; without folder and extension it is
/// the network's name where the text has none. Throws InputError with line, key, the value found and what is allowed.
Architecture parse_architecture(const std::string& text, const std::string& title,
                                const std::vector<std::int64_t>& input_shape, std::int64_t categories);

/// The same from a file.
Architecture read_architecture(const std::filesystem::path& path, const std::vector<std::int64_t>& input_shape,
                               std::int64_t categories);

/// A description that holds every step on its own; for images of the same shape it is read back as an equal
/// architecture.
std::string architecture_text(const Architecture& architecture);

void write_architecture(const std::filesystem::path& path, const Architecture& architecture);

}  // namespace neusemslice
