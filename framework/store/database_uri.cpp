#include "store/database_uri.hpp"

#include <array>
#include <filesystem>
#include <ranges>
#include <string_view>

#include <fmt/format.h>

namespace neusemslice {
namespace {

constexpr std::string_view kScheme = "file:";

struct Escape {
  std::string_view plain;
  std::string_view escaped;
};
/// What has a meaning in a URI, and what stands for it. To be applied in this order, and taken back in the opposite
/// one.
constexpr std::array<Escape, 3> kEscapes = {{{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}}};

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

std::string database_uri(const std::string& path, const std::string& options) {
  std::string escaped = std::filesystem::path(path).lexically_normal().string();  // "//" would begin a host's name
  for (const Escape& escape : kEscapes) escaped = replaced(escaped, escape.plain, escape.escaped);
  return fmt::format("{}{}?{}", kScheme, escaped, options);
}

std::string database_path_of(const std::string& path_or_uri) {
  if (!path_or_uri.starts_with(kScheme)) return path_or_uri;
  std::string path = path_or_uri.substr(kScheme.size(), path_or_uri.find('?') - kScheme.size());
  for (const Escape& escape : std::views::reverse(kEscapes)) path = replaced(path, escape.escaped, escape.plain);
  return path;
}

}  // namespace neusemslice
