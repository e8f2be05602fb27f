#include "report/published.hpp"

#include <algorithm>
#include <cctype>

#include "core/error.hpp"

namespace neusemslice {

std::vector<CsvRecord> published_rows(std::string_view name) {
  for (const PublishedTable& table : published_tables()) {
    if (table.name == name) return parse_csv(table.csv);
  }
  throw Error(fmt::format("the paper's table '{}' is not built into this program", name));
}

bool is_same_setting(std::string_view published, std::string_view ours) {
  return std::equal(published.begin(), published.end(), ours.begin(), ours.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

}  // namespace neusemslice
