#pragma once

#include <string>
#include <vector>

#include "rq1/results.hpp"

namespace neusemslice {

/// What section 5.2 of the paper says of one slice; a row of results/published/rq1_claims.csv, in fractions.
struct Rq1Claim {
  enum class Quantity { accuracy, accuracy_loss };

  std::string setting;
  std::string strategy;
  std::string metric;  ///< "any": of every metric
  double compression_rate = 0;
  Quantity quantity = Quantity::accuracy;
  double value = 0;
  std::string where;
};

/// A claim beside what was measured at the same compression rate with one metric.
struct Rq1ClaimOutcome {
  Rq1Claim claim;
  std::string metric;
  Summary ours;  ///< the same quantity of the test set; count 0 when there is none
  std::string verdict;
};

std::vector<Rq1Claim> published_rq1_claims();

/// Every claim about these settings, in the paper's order; one that holds for "any" metric gives an outcome for each
/// metric that was measured. The verdict follows from the numbers alone: a claim holds when ours is no worse than the
/// paper's, is undecided when it is worse by no more than our interval's half width or there is no interval, and does
/// not hold otherwise.
std::vector<Rq1ClaimOutcome> judge_claims(const std::vector<Rq1Setting>& settings);

/// The claims about other settings: "Not run here: VGG16-CIFAR10 (3 claims), VGG19-ImageNet (1 claim)."; empty when
/// there are none.
std::string claims_not_run(const std::vector<Rq1Setting>& settings);

}  // namespace neusemslice
