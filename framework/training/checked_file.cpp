#include "training/checked_file.hpp"

#include "core/error.hpp"
#include "core/hash.hpp"

namespace neusemslice {
namespace {

using Metadata = std::map<std::string, std::string>;

/// Over everything but itself: the tensors' names, types, shapes and bytes, and the metadata.
std::string digest(const TensorMap& tensors, const Metadata& metadata) {
  return sha256_hex(safetensors_bytes(tensors, metadata));
}

std::string take(Metadata& metadata, const std::string& key) {
  const auto node = metadata.extract(key);
  return node.empty() ? std::string() : node.mapped();
}

}  // namespace

void write_checked(const std::filesystem::path& path, const TensorMap& tensors, Metadata metadata,
                   const std::string& format, const std::string& identity) {
  metadata["format"] = format;
  metadata["identity"] = identity;
  metadata.emplace("sha256", digest(tensors, metadata));
  write_safetensors(path, tensors, metadata);
}

SafetensorsFile read_checked(const std::filesystem::path& path, const std::string& format,
                             const std::string& identity) {
  SafetensorsFile file = read_safetensors_file(path);
  const std::string stated_digest = take(file.metadata, "sha256");
  require(file.metadata["format"] == format, "its format is '{}' instead of '{}'", file.metadata["format"], format);
  require(digest(file.tensors, file.metadata) == stated_digest, "its content does not have its SHA-256");
  require(file.metadata["identity"] == identity, "it belongs to '{}' instead of '{}'", file.metadata["identity"],
          identity);
  return file;
}

}  // namespace neusemslice
