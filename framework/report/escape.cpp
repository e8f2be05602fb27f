#include "report/escape.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace neusemslice {
namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

constexpr std::array<Replacement, 13> kLatex = {{
    {"\\", "\\textbackslash{}"},
    {"{", "\\{"},
    {"}", "\\}"},
    {"%", "\\%"},
    {"&", "\\&"},
    {"$", "\\$"},
    {"#", "\\#"},
    {"_", "\\_"},
    {"~", "\\textasciitilde{}"},
    {"^", "\\textasciicircum{}"},
    {"±", "$\\pm$"},
    {"−", "$-$"},
    {"≤", "$\\leq$"},
}};

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

bool is_letter_or_digit(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9');
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        if (is_control(c)) {
          escaped += "\uFFFD";
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

std::string escape_latex(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const auto* found = std::find_if(kLatex.begin(), kLatex.end(),
                                     [&](const Replacement& entry) { return text.starts_with(entry.first); });
    escaped += found == kLatex.end() ? text.substr(0, 1) : found->second;
    text.remove_prefix(found == kLatex.end() ? 1 : found->first.size());
  }
  return escaped;
}

std::string escape_markdown(std::string_view text) {
  constexpr std::string_view special = "\\`*_[]<>|~";
  std::string escaped;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c == '\n' || c == '\r' ? ' ' : c;
  }
  return escaped;
}

std::string escape_csv(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string escaped = "\"";
  for (const char c : text) {
    if (c == '"') escaped += '"';
    escaped += c;
  }
  return escaped + '"';
}

std::string slug(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_letter_or_digit(c)) {
      result += 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!result.empty() && result.back() != '-') {
      result += '-';
    }
  }
  if (result.ends_with('-')) result.pop_back();
  return result;
}

}  // namespace neusemslice
