#pragma once

#include <string>
#include <vector>

#include "rq1/results.hpp"

namespace neusemslice {

/// Semantic slicing's test accuracy minus a rival's, with the same metric and at the same compression rate, paired by
/// seed; a count of 0 when no seed reaches the rate with both.
struct Rq1Difference {
  std::string metric;
  std::string rival;
  double compression_rate = 0;
  Summary difference;

  /// The 95 % interval lies on one side of zero; never without an interval.
  [[nodiscard]] bool is_told_apart() const;
};

/// How many differences are told apart, and in whose favour.
struct Rq1Standing {
  int ahead = 0;
  int behind = 0;
  int undecided = 0;
  int without_interval = 0;  ///< too few seeds for one
  int higher_mean = 0;       ///< of those without an interval, where semantic slicing has the higher mean

  [[nodiscard]] int judged() const { return ahead + behind + undecided; }
};

/// The compression rates at which strategies are compared.
const std::vector<double>& rq1_compared_rates();

/// Every metric of semantic slicing; for each every compared rate, and for each of those both rivals.
std::vector<Rq1Difference> compare_at_equal_compression(const Rq1Setting& setting);

Rq1Standing standing(const std::vector<Rq1Difference>& differences);

}  // namespace neusemslice
