#include "report/suite_query.hpp"

#include <vector>

namespace neusemslice {

SQLite::Statement suite_query(SQLite::Database& database, const char* text, const std::string& suite,
                              const std::string& setting) {
  SQLite::Statement query(database, text);
  query.bind(1, suite);
  query.bind(2, setting);
  return query;
}

Summary summary_of(SQLite::Statement query) {
  std::vector<double> values;
  while (query.executeStep()) values.push_back(query.getColumn(0).getDouble());
  return summarise(values);
}

Summary original_test_accuracy(SQLite::Database& database, const std::string& suite, const std::string& setting) {
  return summary_of(suite_query(database, "SELECT test_accuracy FROM trained_models WHERE suite = ? AND setting = ?",
                                suite, setting));
}

Summary chosen_compression_rate(SQLite::Database& database, const std::string& suite, const std::string& setting) {
  return summary_of(suite_query(database, "SELECT compression_rate FROM chosen_slices WHERE suite = ? AND setting = ?",
                                suite, setting));
}

}  // namespace neusemslice
