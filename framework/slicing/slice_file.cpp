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
  require_input(found != units.layers.end(), "{}: the network has no layer '{}'{}", path.string(), name,
                suggestion(name, known));
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
    if (item < 0 || item >= layer.units)
      bad(fmt::format("unit {} is out of range, the layer has {}", item.dump(), layer.units));
    const auto unit = item.get<std::int64_t>();
    if (!indices.empty() && unit <= indices.back()) bad(fmt::format("unit {} is not in ascending order", unit));
    indices.push_back(unit);
  }
  return indices;
}

/// Layers that an addition joins can only lose the same units.
void require_groups_agree(const std::filesystem::path& path, const UnitGraph& units, const KeptUnits& kept) {
  const auto kept_of = [&](const UnitLayer& layer) {
    const auto found = kept.find(layer.name);
    return found == kept.end() ? nullptr : &found->second;
  };
  for (const UnitLayer& layer : units.layers) {
    const UnitLayer& first = units.layers[units.groups[layer.group].layers.front()];
    const auto* own = kept_of(layer);
    const auto* other = kept_of(first);
    require_input((own == nullptr) == (other == nullptr) && (own == nullptr || *own == *other),
                  "{}: layers '{}' and '{}' must keep the same units, since the network adds their outputs",
                  path.string(), first.name, layer.name);
  }
}

/// How the slice came about; a file of layers alone is enough.
void read_description(const std::filesystem::path& path, const Json& json, Slice& slice) {
  const auto value_of = [&](const char* key, const auto& is_right, const char* expected) -> const Json* {
    if (!json.contains(key)) return nullptr;
    require_input(is_right(json[key]), "{}: \"{}\" is {}, expected {}", path.string(), key, json[key].dump(), expected);
    return &json[key];
  };
  const auto is_text = [](const Json& value) { return value.is_string(); };
  const auto is_number = [](const Json& value) { return value.is_number(); };
  const auto are_texts = [&](const Json& value) { return value.is_array() && std::ranges::all_of(value, is_text); };
  if (const Json* strategy = value_of("strategy", is_text, "a text")) slice.strategy = *strategy;
  if (const Json* metric = value_of("metric", is_text, "a text")) slice.metric = *metric;
  for (const char* level : {"percent", "threshold"}) {
    if (const Json* value = value_of(level, is_number, "a number")) slice.level = value->get<double>();
  }
  if (const Json* rescued = value_of("rescued", are_texts, "a list of layers")) {
    slice.rescued = rescued->get<std::vector<std::string>>();
  }
}

}  // namespace

Json slice_to_json(const Slice& slice) {
  Json json = {
      {"strategy", slice.strategy}, {"metric", slice.metric}, {"layers", slice.kept}, {"rescued", slice.rescued}};
  if (slice.strategy == "semantic")
    json["threshold"] = slice.level;
  else
    json["percent"] = static_cast<std::int64_t>(slice.level);
  return json;
}

Slice read_slice(const std::filesystem::path& path, const UnitGraph& units) {
  return slice_from(path, Json::parse(read_file(path), nullptr, false), units);
}

Slice slice_from(const std::filesystem::path& path, const Json& json, const UnitGraph& units) {
  require_input(json.is_object() && json.contains("layers") && json["layers"].is_object(),
                "{}: not a slice file: expected a JSON object with \"layers\"", path.string());
  Slice slice;
  read_description(path, json, slice);
  for (const auto& [name, indices] : json["layers"].items()) {
    const UnitLayer& layer = layer_named(path, name, units);
    slice.kept[name] = read_indices(path, layer, indices);
  }
  require_groups_agree(path, units, slice.kept);
  return slice;
}

}  // namespace neusemslice
