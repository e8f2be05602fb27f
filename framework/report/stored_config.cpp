#include "report/stored_config.hpp"

#include "config/node.hpp"
#include "config/suite.hpp"
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

std::string question_of(const std::string& config) {
  const ConfigNode root = parse_or_empty(config);
  const ConfigNode* question = root.find("question");
  return question == nullptr ? SuiteConfig().question : question->scalar;
}

}  // namespace neusemslice
