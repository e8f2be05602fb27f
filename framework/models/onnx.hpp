#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "models/network.hpp"

namespace neusemslice {

inline constexpr std::int64_t kOnnxOpset = 17;
inline constexpr std::int64_t kOnnxIrVersion = 8;  ///< the one that came with opset 17

/// What an ONNX file says beside the network, so that it can be used without this program.
struct OnnxExport {
  std::vector<std::string> category_names;
  Normalisation normalisation;
  bool with_normalisation = false;  ///< the graph itself normalises: it takes pixels
};

/// The network in evaluation mode as an ONNX model (https://onnx.ai/onnx/repo-docs/IR.html): from `images`, float32
/// (batch, channels, height, width) and normalised, to `logits`, float32 (batch, categories); any batch size. With
/// normalisation inside the input is `pixels` instead, uint8. Initialisers have their `state_dict` names. FORMATS.md
/// lists what `metadata_props` hold. Equal networks give equal bytes. Throws InputError for weights that do not fit
/// into one file (2 GB), and where the category names are not as many as the logits.
std::string onnx_bytes(const Network& network, const OnnxExport& options);

/// Writes them atomically (core/files.hpp).
void write_onnx(const std::filesystem::path& path, const Network& network, const OnnxExport& options);

}  // namespace neusemslice
