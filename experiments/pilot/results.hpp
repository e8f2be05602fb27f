#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/summary.hpp"

namespace neusemslice {

/// One cell of the pilot study's tables.
struct PilotCell {
  std::string scope;  ///< global or category
  std::string metric;
  std::int64_t band_from = 0;  ///< percent
  std::int64_t band_to = 0;

  auto operator<=>(const PilotCell&) const = default;
};

/// What masking a band leaves, over the seeds.
struct PilotAccuracy {
  Summary overall;                   ///< global: of all test samples; category: the mean of the categories' own
  std::vector<Summary> by_category;  ///< position is the category
};

struct PilotSetting {
  std::string name;
  std::string title;
  Summary original_test_accuracy;
  std::map<PilotCell, PilotAccuracy> cells;
};

/// Every setting that the suite plans, by name, with whatever is done so far. The titles are the names.
std::vector<PilotSetting> read_pilot_results(SQLite::Database& database, const std::string& suite);

/// The bands that a setting has, ascending.
std::vector<std::pair<std::int64_t, std::int64_t>> bands_of(const PilotSetting& setting);

}  // namespace neusemslice
