#include "report/natural_order.hpp"

#include <algorithm>
#include <compare>

namespace neusemslice {
namespace {

constexpr std::string_view kDigits = "0123456789";

/// Takes the digits that `text` begins with off its front, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of(kDigits), text.size());
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

bool begins_with_digit(std::string_view text) {
  return !text.empty() && kDigits.find(text.front()) != std::string_view::npos;
}

/// Compares and takes off the first number of both, or the first character of both.
std::strong_ordering compare_front(std::string_view& a, std::string_view& b) {
  if (begins_with_digit(a) && begins_with_digit(b)) {
    const std::string_view number_a = take_number(a);
    const std::string_view number_b = take_number(b);
    const auto by_length = number_a.size() <=> number_b.size();
    return by_length != 0 ? by_length : number_a <=> number_b;
  }
  const auto order = a.substr(0, 1) <=> b.substr(0, 1);
  a.remove_prefix(1);
  b.remove_prefix(1);
  return order;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  std::string_view rest_a = a;
  std::string_view rest_b = b;
  while (!rest_a.empty() && !rest_b.empty()) {
    if (const auto order = compare_front(rest_a, rest_b); order != 0) return order < 0;
  }
  if (rest_a.empty() != rest_b.empty()) return rest_a.empty();
  return a < b;  // "f1" and "f01" are equal as numbers
}

}  // namespace neusemslice
