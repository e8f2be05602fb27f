#include "store/workspace_contents.hpp"

#include <algorithm>
#include <iterator>

#include <SQLiteCpp/SQLiteCpp.h>

#include "core/text.hpp"

namespace neusemslice::test_support {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyMilliseconds = 10'000;

}  // namespace

std::string rows(const fs::path& workspace, const std::string& sql) {
  SQLite::Database database((workspace / "results.db").string(), SQLite::OPEN_READONLY, kBusyMilliseconds);
  SQLite::Statement query(database, sql);
  std::string text;
  while (query.executeStep()) {
    for (int column = 0; column < query.getColumnCount(); ++column) {
      if (column > 0) text += '|';
      text += query.getColumn(column).getString();
    }
    text += '\n';
  }
  return text;
}

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::exists(folder)) return names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), folder).string());
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> unmatched_artifacts(const fs::path& workspace) {
  std::vector<std::string> named =
      split(rows(workspace, "SELECT substr(path, length('artifacts/') + 1) FROM artifacts ORDER BY path"), '\n');
  if (!named.empty()) named.pop_back();  // what follows the last line break
  const std::vector<std::string> found = files_below(workspace / "artifacts");
  std::vector<std::string> unmatched;
  std::ranges::set_symmetric_difference(named, found, std::back_inserter(unmatched));
  return unmatched;
}

}  // namespace neusemslice::test_support
