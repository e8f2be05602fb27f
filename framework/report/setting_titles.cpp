#include "report/setting_titles.hpp"

#include "config/node.hpp"
#include "core/error.hpp"

namespace neusemslice {
namespace {

ConfigNode parse_or_empty(const std::string& config) {
  try {
    return parse_config(config, "stored config");
  } catch (const InputError&) {
    return {};
  }
}

}  // namespace

std::map<std::string, std::string> setting_titles(const std::string& config) {
  const ConfigNode root = parse_or_empty(config);
  const ConfigNode* settings = root.find("settings");
  std::map<std::string, std::string> titles;
  if (settings == nullptr) return titles;
  for (const auto& [name, setting] : settings->entries) {
    const ConfigNode* title = setting.find("title");
    if (title != nullptr && !title->scalar.empty()) titles[name] = title->scalar;
  }
  return titles;
}

}  // namespace neusemslice
