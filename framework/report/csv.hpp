#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace neusemslice {

/// One line of a CSV file: heading to field.
using CsvRecord = std::map<std::string, std::string, std::less<>>;

/// Reads RFC 4180 text whose first line holds the headings; LF alone also ends a line. Throws InputError naming the
/// record that has more or fewer fields than there are headings.
std::vector<CsvRecord> parse_csv(std::string_view text);

}  // namespace neusemslice
