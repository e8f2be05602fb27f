#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/node.hpp"

namespace neusemslice {

/// Reads one map of a config, key by key, with type and range checks; `finish` refuses keys that nobody asked for.
/// Every error is an InputError with file, line, key, the value found and what is allowed.
class ConfigReader {
 public:
  /// `path` is the place of this map in the whole, for messages: "" at the top, "recipe" below.
  ConfigReader(const ConfigNode& node, std::string path);

  /// A key without a default must be there.
  std::string text(const std::string& key, std::optional<std::string> fallback = std::nullopt);
  std::string choice(const std::string& key, const std::vector<std::string>& allowed, const std::string& fallback);
  std::int64_t integer(const std::string& key, std::optional<std::int64_t> fallback, std::int64_t low,
                       std::int64_t high = std::numeric_limits<std::int64_t>::max());
  double number(const std::string& key, std::optional<double> fallback, double low, double high);
  bool flag(const std::string& key, bool fallback);

  /// Lists; a single scalar is a list of one. An empty list is an error unless the fallback is empty too.
  std::vector<std::string> texts(const std::string& key, const std::vector<std::string>& fallback);
  std::vector<std::int64_t> integers(const std::string& key, const std::vector<std::int64_t>& fallback,
                                     std::int64_t low, std::int64_t high);
  std::vector<double> numbers(const std::string& key, const std::vector<double>& fallback, double low, double high);

  /// The map under `key`; an empty one when the key is missing.
  ConfigReader section(const std::string& key);

  /// The raw value under `key`, or nullptr.
  const ConfigNode* raw(const std::string& key);

  [[nodiscard]] const ConfigNode& node() const { return *node_; }

  /// Throws for keys that were never read, with the nearest known one.
  void finish() const;

  /// Throws InputError about `value`: "file:line: section.key: <message>".
  [[noreturn]] void refuse(const std::string& key, const std::string& message) const;

 private:
  const ConfigNode* value_of(const std::string& key);
  std::vector<const ConfigNode*> items_of(const std::string& key);
  [[nodiscard]] std::string full_name(const std::string& key) const;

  const ConfigNode* node_;
  std::string path_;
  std::set<std::string> known_;
};

}  // namespace neusemslice
