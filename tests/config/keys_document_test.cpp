// framework/config/KEYS.md against the keys and defaults that print_suite gives.
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/suite.hpp"
#include "core/files.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

using Defaults = std::map<std::string, std::string>;  // by key

/// As KEYS.md writes values: lists in flow style.
std::string shown(const ConfigNode& node) {
  if (node.kind != ConfigNode::Kind::list) return node.scalar;
  std::string text;
  for (const ConfigNode& item : node.items) text += (text.empty() ? "" : ", ") + item.scalar;
  return "[" + text + "]";
}

void collect(const ConfigNode& node, const std::string& path, Defaults& defaults) {
  if (node.kind != ConfigNode::Kind::map) {
    defaults[path] = shown(node);
    return;
  }
  for (const auto& [key, value] : node.entries) collect(value, path.empty() ? key : path + "." + key, defaults);
}

/// Every key of a suite with one setting called NAME, and what it is when nothing is written.
Defaults defaults_of_the_code() {
  SuiteConfig suite;
  suite.name = "required";
  suite.settings = {{.name = "NAME",
                     .title = "the name",
                     .dataset = {.name = "required", .title = "the name", .format = "required", .path = "required"}}};
  Defaults defaults;
  collect(parse_config(print_suite(suite), "printed"), "", defaults);
  defaults["settings"] = "required";
  defaults["settings.NAME.name"] = "required";
  defaults["settings.NAME.dataset"] = "required";
  for (const char* optional : {"dataset.classes", "dataset.mean", "dataset.deviation", "model.file",
                               "model.description", "weights.file"}) {  // printed only where there are some
    defaults[fmt::format("settings.NAME.{}", optional)] = "none";
  }
  defaults["settings.NAME.weights.new_head"] = "false";  // printed beside weights.file
  return defaults;
}

/// The first and the last cell of every row "| `key` | ... | `default` |".
Defaults documented_defaults() {
  Defaults defaults;
  for (const std::string& line : split(read_file(NEUSEMSLICE_SOURCE_DIR "/framework/config/KEYS.md"), '\n')) {
    if (!line.starts_with("| `")) continue;
    const std::vector<std::string> cells = split(line, '|');
    const auto plain = [](std::string cell) {
      std::erase(cell, '`');
      return cell.substr(1, cell.size() - 2);  // a blank on either side
    };
    defaults[plain(cells.at(1))] = plain(cells.at(4));
  }
  return defaults;
}

TEST(KeysDocument, NamesEveryKeyWithItsDefault) {
  EXPECT_EQ(documented_defaults(), defaults_of_the_code());
}

}  // namespace
}  // namespace neusemslice
