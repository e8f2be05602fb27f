#include "data/pixel_cache.hpp"

#include <cstring>
#include <fstream>
#include <optional>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/pixel_cache_builder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Everything that decides what the cache holds.
std::string cache_name(const fs::path& source, const ImageLayout& layout, const ImageTransform& transform) {
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n", kPixelCacheFormat, source_state(source, layout), layout.training,
                  layout.test, fmt::join(layout.classes, "\n"), transform.resize, transform.image_size);
  return fmt::format("images-{}.safetensors", sha256_hex(text).substr(0, 16));
}

/// The header's values and the labels; throws when there is no such file, or another one.
PixelCache read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  std::uint64_t length = 0;
  file.read(reinterpret_cast<char*>(&length), sizeof(length));
  require(length + sizeof(length) == kPixelCacheHeaderBytes, "another header");
  std::string text(length, ' ');
  file.read(text.data(), static_cast<std::streamsize>(length));
  const Json header = Json::parse(text);
  const Json& metadata = header.at("__metadata__");
  require(metadata.at("format") == kPixelCacheFormat, "another format");
  PixelCache cache{.path = path, .images_offset = kPixelCacheHeaderBytes};
  cache.samples = header.at("images").at("shape").at(0);
  cache.side = header.at("images").at("shape").at(3);
  cache.training_samples = std::stoll(metadata.at("training_samples").get<std::string>());
  cache.fingerprint = metadata.at("fingerprint");
  cache.left_out = metadata.at("left_out");
  cache.labels.resize(static_cast<std::size_t>(cache.samples));
  const auto labels_bytes = static_cast<std::int64_t>(cache.labels.size() * sizeof(std::int64_t));
  const std::int64_t labels_offset = kPixelCacheHeaderBytes + cache.samples * 3 * cache.side * cache.side;
  require(static_cast<std::int64_t>(fs::file_size(path)) == labels_offset + labels_bytes, "another size");
  file.seekg(labels_offset);
  file.read(reinterpret_cast<char*>(cache.labels.data()), labels_bytes);
  return cache;
}

/// Nothing when the file is not there or not whole: it is made again.
std::optional<PixelCache> read_cache(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  try {
    return read_whole(path);
  } catch (const std::exception&) {
    spdlog::warn("{}: is damaged; it is made again", path.string());
    return std::nullopt;
  }
}

}  // namespace

PixelCache open_pixel_cache(const fs::path& source, const ImageLayout& layout, const ImageTransform& transform,
                            const fs::path& folder, int decoders) {
  const fs::path path = folder / cache_name(source, layout, transform);
  std::optional<PixelCache> cache = read_cache(path);
  if (!cache) {
    BuildFile file(path);
    cache = read_cache(path);  // another process may have made it while this one waited
    if (!cache) {
      build_pixel_cache(source, layout, transform, decoders, file);
      cache = read_whole(path);
    }
  }
  if (!cache->left_out.empty()) spdlog::warn("{}: {}", source.string(), cache->left_out);
  return *std::move(cache);
}

}  // namespace neusemslice
