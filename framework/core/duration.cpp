#include "core/duration.hpp"

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kLongest = 100'000;  // of one part, far beyond any queue's limit

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good = error == std::errc() && end == text.data() + text.size() && value >= 0 && value <= kLongest;
  return good ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> seconds_in(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86'400;
    default:
      return std::nullopt;
  }
}

/// "4h".
std::optional<std::int64_t> with_unit(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto count = number(text.substr(0, text.size() - 1));
  const auto unit = seconds_in(text.back());
  return count && unit ? std::optional(*count * *unit) : std::nullopt;
}

/// "1-02:03:04", "02:03:04", "03:04".
std::optional<std::int64_t> with_colons(std::string_view text) {
  std::int64_t total = 0;
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    const auto days = number(text.substr(0, dash));
    if (!days) return std::nullopt;
    total = *days * 24;
    text.remove_prefix(dash + 1);
  }
  const std::vector<std::string> parts = split(std::string(text), ':');
  const bool fits = parts.size() == 3 || (parts.size() == 2 && dash == std::string_view::npos);
  if (!fits) return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = number(parts[i]);
    if (!part || (i > 0 && *part >= 60)) return std::nullopt;
    total = i == 0 ? total + *part : total * 60 + *part;
  }
  return total;
}

}  // namespace

std::chrono::seconds parse_duration(const std::string& text) {
  auto seconds = with_unit(text);
  if (!seconds) seconds = with_colons(text);
  require_input(seconds.has_value() && *seconds > 0,
                "'{}' is no length of time; write 90s, 45m, 4h, MM:SS, HH:MM:SS or D-HH:MM:SS", text);
  return std::chrono::seconds(*seconds);
}

}  // namespace neusemslice
