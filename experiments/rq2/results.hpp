#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "report/summary.hpp"

namespace neusemslice {

/// One pruning algorithm, from the whole model or from its semantic slice.
struct Rq2Cell {
  std::string method;
  std::string start;  ///< model or slice

  auto operator<=>(const Rq2Cell&) const = default;
};

/// One seed's iterates: position is the iteration, from 0; the last may be the one that lost too much.
struct Rq2Run {
  std::int64_t seed = 0;
  std::int64_t iterations = 0;  ///< NI
  double compression_rate = 0;  ///< CR
  double test_accuracy = 0;     ///< MA
  double dense_bytes = 0;
  double csr_bytes = 0;
  double gzip_bytes = 0;
  std::vector<double> compression_rates;
  std::vector<double> test_accuracies;
};

/// What the seeds' runs come to.
struct Rq2Outcome {
  Summary compression_rate;
  Summary iterations;
  Summary test_accuracy;
  std::vector<Rq2Run> runs;  ///< by seed
};

/// The slice that pruning starts from, over the seeds.
struct Rq2Slice {
  Summary compression_rate;
  Summary test_accuracy;
  std::map<std::string, int> metrics;  ///< how many seeds chose a slice by each metric
};

struct Rq2Setting {
  std::string name;
  std::string title;
  Summary original_test_accuracy;
  Rq2Slice slice;
  std::map<Rq2Cell, Rq2Outcome> cells;
};

/// Every setting that the suite plans, by name, with whatever is done so far. The titles are the names.
std::vector<Rq2Setting> read_rq2_results(SQLite::Database& database, const std::string& suite);

/// For each seed that both have, the first iteration from the slice whose CR reaches the plain algorithm's, if one that
/// held does: NI at the plain algorithm's CR. Seeds that do not get there are left out.
Summary iterations_at_plain_rate(const Rq2Setting& setting, const std::string& method);

/// The methods that a setting has, in the paper's order.
std::vector<std::string> methods_of(const Rq2Setting& setting);

/// The paper's name of a method: "LAMP", "Glob", "Unif", "ERK".
std::string published_method(const std::string& method);
/// Ours in tables: "LAMP", "Global", "Uniform+", "ERK".
std::string method_title(const std::string& method);

}  // namespace neusemslice
