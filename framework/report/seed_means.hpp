#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "report/summary.hpp"

namespace neusemslice {

/// A quantity that every seed gives several values of, such as the gain of each algorithm: a seed counts by its mean,
/// and the interval is over seeds. Differences of runs of one seed are paired by it.
class SeedMeans {
 public:
  void add(std::int64_t seed, double value) { values_[seed].push_back(value); }
  [[nodiscard]] bool empty() const { return values_.empty(); }
  [[nodiscard]] Summary summary() const;

 private:
  std::map<std::int64_t, std::vector<double>> values_;
};

/// "+1.76 ± 1.09", "-0.40": of a difference.
std::string signed_interval(const Summary& difference);

}  // namespace neusemslice
