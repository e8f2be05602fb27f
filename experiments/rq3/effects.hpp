#pragma once

#include <string>
#include <vector>

#include "report/seed_means.hpp"
#include "rq3/results.hpp"

namespace neusemslice {

/// A method against full retraining on the same samples, paired by seed: differences and times in points and percent.
struct Rq3Effect {
  SeedMeans trained_parameter_ratio;  ///< in percent, no difference
  SeedMeans retrained_accuracy;
  SeedMeans reattack_accuracy;
  SeedMeans test_accuracy;
  SeedMeans seconds;  ///< in percent of full retraining's

  [[nodiscard]] bool empty() const { return trained_parameter_ratio.empty(); }
};

/// Over the attacks and settings in which a seed was retrained both ways.
Rq3Effect effect_of(const std::vector<Rq3Setting>& settings, const std::string& method);

/// The paper's over those of its settings and attacks that are measured here; it has neither benign accuracy nor times
/// of single settings.
Rq3Effect published_effect_of(const std::vector<Rq3Setting>& settings, const std::string& method);

/// The paper's value as it prints it; a dash where it has none. `column`: of results/published/table5_readaptation.csv.
std::string published_readaptation(const std::string& setting, const Rq3Cell& cell, const char* column);

}  // namespace neusemslice
