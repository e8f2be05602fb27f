#pragma once

#include <filesystem>
#include <string>

namespace neusemslice {

/// `bytes` unpacked when they are gzip (they start with 1f 8b; the name is not asked), otherwise as they are. Members
/// that follow each other are joined, as gzip does. Throws InputError naming `path` when the gzip data ends early or is
/// damaged. Memory is taken as data arrives: a file that lies about its size does not cost gigabytes.
std::string unpack(std::string bytes, const std::filesystem::path& path);

/// The whole file, unpacked; throws InputError.
std::string read_unpacked(const std::filesystem::path& path);

}  // namespace neusemslice
