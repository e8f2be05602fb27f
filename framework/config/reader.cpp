#include "config/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

const ConfigNode kEmptyMap{
    .kind = ConfigNode::Kind::map, .scalar = {}, .items = {}, .entries = {}, .file = {}, .line = 0};

/// What stands there, for "expected ..., found ...".
std::string found(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::scalar:
      return fmt::format("'{}'", node.scalar);
    case ConfigNode::Kind::list:
      return "a list";
    case ConfigNode::Kind::map:
      return "keys and values";
    case ConfigNode::Kind::null:
      break;
  }
  return "nothing";
}

template <typename Number>
std::optional<Number> parse_number(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename Number>
Number checked_number(const ConfigNode& node, const std::string& name, Number low, Number high, const char* kind) {
  const auto parsed = node.kind == ConfigNode::Kind::scalar ? parse_number<Number>(node.scalar) : std::nullopt;
  if (!parsed) throw InputError(fmt::format("{}: {}: expected {}, found {}", node.where(), name, kind, found(node)));
  const Number value = *parsed;
  const bool inside = value >= low && value <= high;  // false for NaN
  const bool open_end = high == std::numeric_limits<Number>::max();
  require_input(inside, "{}: {}: {} is out of range, allowed: {}", node.where(), name, node.scalar,
                open_end ? fmt::format("{} or more", low) : fmt::format("{} to {}", low, high));
  return value;
}

}  // namespace

ConfigReader::ConfigReader(const ConfigNode& node, std::string path) : node_(&node), path_(std::move(path)) {
  require_input(node.kind == ConfigNode::Kind::map, "{}: {}: expected keys and values", node.where(),
                path_.empty() ? "the file" : path_);
}

std::string ConfigReader::full_name(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

void ConfigReader::refuse(const std::string& key, const std::string& message) const {
  const ConfigNode* value = node_->find(key);
  throw InputError(
      fmt::format("{}: {}: {}", value != nullptr ? value->where() : node_->where(), full_name(key), message));
}

const ConfigNode* ConfigReader::value_of(const std::string& key) {
  known_.insert(key);
  return node_->find(key);
}

const ConfigNode* ConfigReader::raw(const std::string& key) {
  return value_of(key);
}

std::vector<const ConfigNode*> ConfigReader::items_of(const std::string& key) {
  const ConfigNode* value = value_of(key);
  std::vector<const ConfigNode*> items;
  if (value == nullptr) return items;
  if (value->kind == ConfigNode::Kind::scalar) items.push_back(value);
  for (const ConfigNode& item : value->items) items.push_back(&item);
  if (items.empty()) refuse(key, "expected a list with at least one value");
  return items;
}

std::string ConfigReader::text(const std::string& key, std::optional<std::string> fallback) {
  const ConfigNode* value = value_of(key);
  if (value == nullptr) {
    if (!fallback) refuse(key, "this key is missing");
    return *fallback;
  }
  if (value->kind != ConfigNode::Kind::scalar || value->scalar.empty())
    refuse(key, "expected a text, found " + found(*value));
  return value->scalar;
}

std::string ConfigReader::choice(const std::string& key, const std::vector<std::string>& allowed,
                                 const std::string& fallback) {
  std::string value = text(key, fallback);
  if (std::ranges::find(allowed, value) == allowed.end()) {
    refuse(key, fmt::format("'{}' is not a choice{}", value, suggestion(value, allowed)));
  }
  return value;
}

std::int64_t ConfigReader::integer(const std::string& key, std::optional<std::int64_t> fallback, std::int64_t low,
                                   std::int64_t high) {
  const ConfigNode* value = value_of(key);
  if (value != nullptr) return checked_number<std::int64_t>(*value, full_name(key), low, high, "a whole number");
  if (!fallback) refuse(key, "this key is missing");
  return *fallback;
}

double ConfigReader::number(const std::string& key, std::optional<double> fallback, double low, double high) {
  const ConfigNode* value = value_of(key);
  if (value != nullptr) return checked_number<double>(*value, full_name(key), low, high, "a number");
  if (!fallback) refuse(key, "this key is missing");
  return *fallback;
}

bool ConfigReader::flag(const std::string& key, bool fallback) {
  const ConfigNode* value = value_of(key);
  if (value == nullptr) return fallback;
  if (value->scalar != "true" && value->scalar != "false")
    refuse(key, fmt::format("expected true or false, found {}", found(*value)));
  return value->scalar == "true";
}

std::vector<std::string> ConfigReader::texts(const std::string& key, const std::vector<std::string>& fallback) {
  const ConfigNode* node = raw(key);
  const bool is_empty = node != nullptr && node->kind == ConfigNode::Kind::list && node->items.empty();
  if (is_empty && fallback.empty()) return {};
  std::vector<std::string> values;
  for (const ConfigNode* item : items_of(key)) {
    if (item->kind != ConfigNode::Kind::scalar) refuse(key, "expected a list of texts");
    values.push_back(item->scalar);
  }
  return values.empty() ? fallback : values;
}

std::vector<std::int64_t> ConfigReader::integers(const std::string& key, const std::vector<std::int64_t>& fallback,
                                                 std::int64_t low, std::int64_t high) {
  std::vector<std::int64_t> values;
  for (const ConfigNode* item : items_of(key)) {
    values.push_back(checked_number<std::int64_t>(*item, full_name(key), low, high, "a whole number"));
  }
  return values.empty() ? fallback : values;
}

std::vector<double> ConfigReader::numbers(const std::string& key, const std::vector<double>& fallback, double low,
                                          double high) {
  std::vector<double> values;
  for (const ConfigNode* item : items_of(key)) {
    values.push_back(checked_number<double>(*item, full_name(key), low, high, "a number"));
  }
  return values.empty() ? fallback : values;
}

ConfigReader ConfigReader::section(const std::string& key) {
  const ConfigNode* value = value_of(key);
  return {value != nullptr ? *value : kEmptyMap, full_name(key)};
}

void ConfigReader::finish() const {
  for (const auto& [key, value] : node_->entries) {
    if (known_.contains(key)) continue;
    throw InputError(fmt::format("{}: unknown key '{}'{}", value.where(), full_name(key),
                                 suggestion(key, {known_.begin(), known_.end()})));
  }
}

}  // namespace neusemslice
