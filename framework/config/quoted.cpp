#include "config/quoted.hpp"

#include <yaml-cpp/yaml.h>

namespace neusemslice {

std::string quoted(const std::string& text) {
  return YAML::Dump(YAML::Node(text));
}

std::string quoted_list(const std::vector<std::string>& texts) {
  YAML::Emitter emitter;
  emitter << YAML::Flow << texts;
  return emitter.c_str();
}

}  // namespace neusemslice
