#include "models/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/files.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;
static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kTypes = {{{"F32", at::kFloat},
                                                                                 {"F64", at::kDouble},
                                                                                 {"F16", at::kHalf},
                                                                                 {"BF16", at::kBFloat16},
                                                                                 {"I64", at::kLong},
                                                                                 {"I32", at::kInt},
                                                                                 {"I16", at::kShort},
                                                                                 {"I8", at::kChar},
                                                                                 {"U8", at::kByte},
                                                                                 {"BOOL", at::kBool}}};

struct Entry {
  std::string name;
  at::ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin;
  std::uint64_t end;
};

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
  throw InputError(
      fmt::format("{}: not a sound safetensors file: {}; write it again or fetch it again", path.string(), what));
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char character) { return std::iscntrl(character) != 0; });
}

Json parse_header(const std::filesystem::path& path, std::string_view bytes) {
  if (bytes.size() < kLengthBytes) refuse(path, fmt::format("{} bytes are fewer than a header's length", bytes.size()));
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  const std::uint64_t rest = bytes.size() - kLengthBytes;
  if (length > rest || length > kMaxHeaderBytes) {
    refuse(path, fmt::format("its header claims {} bytes, {} follow", length, rest));
  }
  Json header = Json::parse(bytes.substr(kLengthBytes, length), nullptr, false);
  if (!header.is_object()) refuse(path, "its header is not a JSON object");
  return header;
}

Entry parse_entry(const std::filesystem::path& path, const std::string& name, const Json& json) {
  Entry entry{.name = name, .type = at::kFloat, .shape = {}, .begin = 0, .end = 0};
  const auto bad = [&](const std::string& what) { refuse(path, fmt::format("tensor '{}' {}", name, what)); };
  if (!json.is_object() || !json.contains("dtype") || !json.contains("shape") || !json.contains("data_offsets")) {
    bad("lacks dtype, shape or data_offsets");
  }
  const Json& type = json["dtype"];
  const auto known = std::ranges::find_if(kTypes, [&](const auto& candidate) { return type == candidate.first; });
  if (known == kTypes.end()) bad(fmt::format("has the unknown type {}", type.dump()));
  entry.type = known->second;

  std::uint64_t size = at::elementSize(entry.type);
  std::uint64_t strides = size;  // an empty tensor has them too, and they must not overflow
  if (!json["shape"].is_array()) bad("has no list as shape");
  for (const Json& extent : json["shape"]) {
    if (!extent.is_number_unsigned() || extent.get<std::uint64_t>() > (1ULL << 40)) bad("has a bad shape");
    if (__builtin_mul_overflow(strides, std::max<std::uint64_t>(extent.get<std::uint64_t>(), 1), &strides) ||
        strides > (1ULL << 50)) {
      bad("has a shape too large to be true");
    }
    size *= extent.get<std::uint64_t>();
    entry.shape.push_back(extent.get<std::int64_t>());
  }
  const Json& offsets = json["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    bad("has bad data_offsets");
  }
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  if (entry.end < entry.begin || entry.end - entry.begin != size) {
    bad(fmt::format("needs {} bytes for its shape, its offsets are {} to {}", size, entry.begin, entry.end));
  }
  return entry;
}

/// Sorted by place; they must fill the data without holes or overlaps.
std::vector<Entry> parse_entries(const std::filesystem::path& path, const Json& header, std::uint64_t data_bytes) {
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items()) {
    if (has_control_characters(name)) refuse(path, "the name of a tensor has characters that cannot be printed");
    if (name != "__metadata__") entries.push_back(parse_entry(path, name, json));
  }
  std::ranges::sort(
      entries, [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::uint64_t expected = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != expected)
      refuse(path, fmt::format("tensor '{}' begins at {} instead of {}", entry.name, entry.begin, expected));
    expected = entry.end;
  }
  if (expected != data_bytes) {
    refuse(path, fmt::format("its tensors need {} bytes, {} are there", expected, data_bytes));
  }
  return entries;
}

std::map<std::string, std::string> parse_metadata(const Json& header) {
  std::map<std::string, std::string> metadata;
  const auto found = header.find("__metadata__");
  if (found == header.end() || !found->is_object()) return metadata;
  for (const auto& [key, value] : found->items()) {
    if (value.is_string()) metadata.emplace(key, value.get<std::string>());
  }
  return metadata;
}

}  // namespace

TensorMap read_safetensors(const std::filesystem::path& path) {
  return read_safetensors_file(path).tensors;
}

SafetensorsFile read_safetensors_file(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const Json header = parse_header(path, bytes);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  const char* data = bytes.data() + kLengthBytes + length;
  SafetensorsFile file{.tensors = {}, .metadata = parse_metadata(header)};
  for (const Entry& entry : parse_entries(path, header, bytes.size() - kLengthBytes - length)) {
    at::Tensor tensor = at::empty(entry.shape, at::TensorOptions(entry.type));
    if (entry.end > entry.begin) std::memcpy(tensor.mutable_data_ptr(), data + entry.begin, entry.end - entry.begin);
    file.tensors.emplace(entry.name, std::move(tensor));
  }
  return file;
}

std::string safetensors_bytes(const TensorMap& tensors, const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::string data;
  for (const auto& [name, value] : tensors) {
    const at::Tensor tensor = value.detach().cpu().contiguous();
    const auto type =
        std::ranges::find_if(kTypes, [&](const auto& known) { return known.second == tensor.scalar_type(); });
    require(type != kTypes.end(), "tensor '{}' has a type that safetensors lack", name);
    const std::size_t begin = data.size();
    data.append(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
    header[name] = {{"dtype", type->first}, {"shape", tensor.sizes().vec()}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // tensors begin at a multiple of 8
  const std::uint64_t length = text.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  return bytes + text + data;
}

bool have_same_layout(const TensorMap& a, const TensorMap& b) {
  return std::ranges::equal(a, b, [](const auto& left, const auto& right) {
    return left.first == right.first && left.second.scalar_type() == right.second.scalar_type() &&
           left.second.sizes() == right.second.sizes();
  });
}

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata) {
  write_file_atomically(path, safetensors_bytes(tensors, metadata));
}

}  // namespace neusemslice
