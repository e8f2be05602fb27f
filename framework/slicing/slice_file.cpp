#include "slicing/slice_file.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;

const UnitLayer& layer_named(const std::filesystem::path& path, const std::string& name, const UnitGraph& units) {
  const auto found = std::ranges::find(units.layers, name, &UnitLayer::name);
  std::vector<std::string> known;
  for (const UnitLayer& layer : units.layers) known.push_back(layer.name);
  require_input(found != units.layers.end(), "{}: the network has no layer '{}'{}", path.string(), name, suggestion(name, known));
  return *found;
}

std::vector<std::int64_t> read_indices(const std::filesystem::path& path, const UnitLayer& layer, const Json& json) {
  const auto bad = [&](const std::string& what) {
    throw InputError(fmt::format("{}: layer '{}': {}", path.string(), layer.name, what));
  };
  if (!json.is_array() || json.empty()) bad("expected a list of at least one kept unit");
  std::vector<std::int64_t> indices;
  for (const Json& item : json) {
    if (!item.is_number_integer()) bad(fmt::format("'{}' is no unit", item.dump()));
    const auto unit = item.get<std::int64_t>();
    if (unit < 0 || unit >= layer.units) bad(fmt::format("unit {} is out of range, the layer has {}", unit, layer.units));
    if (!indices.empty() && unit <= indices.back()) bad(fmt::format("unit {} is not in ascending order", unit));
    indices.push_back(unit);
  }
  return indices;
}

}  // namespace

Json slice_to_json(const Slice& slice) {
  Json json = {{"strategy", slice.strategy}, {"metric", slice.metric}, {"layers", slice.kept}, {"rescued", slice.rescued}};
  if (slice.strategy == "semantic") json["threshold"] = slice.level;
  else json["percent"] = static_cast<std::int64_t>(slice.level);
  return json;
}

Slice read_slice(const std::filesystem::path& path, const UnitGraph& units) {
  const Json json = Json::parse(read_file(path), nullptr, false);
  require_input(json.is_object() && json.contains("layers") && json["layers"].is_object(),
                "{}: not a slice file: expected a JSON object with \"layers\"", path.string());
  Slice slice;
  slice.strategy = json.value("strategy", "");
  slice.metric = json.value("metric", "");
  slice.level = json.contains("threshold") ? json.value("threshold", 0.0) : json.value("percent", 0.0);
  if (json.contains("rescued")) slice.rescued = json["rescued"].get<std::vector<std::string>>();
  for (const auto& [name, indices] : json["layers"].items()) {
    const UnitLayer& layer = layer_named(path, name, units);
    slice.kept[name] = read_indices(path, layer, indices);
  }
  return slice;
}

}  // namespace neusemslice
