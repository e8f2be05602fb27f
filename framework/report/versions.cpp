#include "report/versions.hpp"

#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace neusemslice {
namespace {

std::string version_text(const nlohmann::json& version) {
  if (version.is_string()) return version.get<std::string>();
  if (!version.is_number_unsigned()) return version.dump();
  const auto number = version.get<std::uint64_t>();
  return fmt::format("{}.{}.{}", number / 10'000, number / 100 % 100, number % 100);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> read_versions(const std::string& json) {
  const nlohmann::json document = nlohmann::json::parse(json, nullptr, false);
  if (!document.is_object()) return {{"versions", json}};
  std::vector<std::pair<std::string, std::string>> versions;
  for (const auto& [library, version] : document.items()) versions.emplace_back(library, version_text(version));
  return versions;
}

}  // namespace neusemslice
