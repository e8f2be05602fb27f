#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ATen/ATen.h>

namespace neusemslice {

/// Named tensors in the safetensors format: 8 bytes little-endian header length, a JSON header (dtype, shape,
/// data_offsets), raw little-endian bytes. Never a pickle: reading a file cannot run code.
using TensorMap = std::map<std::string, at::Tensor>;

struct SafetensorsFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads every tensor onto the host. Refuses, with one clear line, a header that lies about its length, overlaps,
/// holes, shapes that do not fit their bytes, unknown types and files that end early.
TensorMap read_safetensors(const std::filesystem::path& path);

/// The same with the texts of `__metadata__`; what is no text there is left out.
SafetensorsFile read_safetensors_file(const std::filesystem::path& path);

/// The bytes of a file with these tensors, names in ascending order: equal tensors give equal bytes.
std::string safetensors_bytes(const TensorMap& tensors, const std::map<std::string, std::string>& metadata = {});

/// Whether both hold tensors of the same names, types and shapes.
bool have_same_layout(const TensorMap& a, const TensorMap& b);

/// Writes them atomically (core/files.hpp).
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace neusemslice
