#include "report/csv.hpp"

#include "core/error.hpp"

namespace neusemslice {
namespace {

/// Takes one field off the front of `text`, up to the comma or line end, which stays.
std::string take_field(std::string_view& text) {
  std::string field;
  bool quoted = false;
  while (!text.empty()) {
    const char c = text.front();
    if (!quoted && (c == ',' || c == '\n' || c == '\r')) break;
    text.remove_prefix(1);
    if (c != '"') {
      field += c;
    } else if (quoted && text.starts_with('"')) {
      field += '"';
      text.remove_prefix(1);
    } else {
      quoted = !quoted;
    }
  }
  return field;
}

std::vector<std::string> take_line(std::string_view& text) {
  std::vector<std::string> fields = {take_field(text)};
  while (text.starts_with(',')) {
    text.remove_prefix(1);
    fields.push_back(take_field(text));
  }
  if (text.starts_with('\r')) text.remove_prefix(1);
  if (text.starts_with('\n')) text.remove_prefix(1);
  return fields;
}

}  // namespace

std::vector<CsvRecord> parse_csv(std::string_view text) {
  const std::vector<std::string> headings = take_line(text);
  std::vector<CsvRecord> records;
  while (!text.empty()) {
    const std::vector<std::string> fields = take_line(text);
    require_input(fields.size() == headings.size(), "CSV record {}: {} fields for {} headings", records.size() + 1,
                  fields.size(), headings.size());
    CsvRecord& record = records.emplace_back();
    for (std::size_t i = 0; i < fields.size(); ++i) record[headings[i]] = fields[i];
  }
  return records;
}

}  // namespace neusemslice
