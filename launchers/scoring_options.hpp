#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "config/suite.hpp"
#include "contribution/scorer.hpp"
#include "user_model.hpp"

namespace neusemslice {

/// Options of `score` and `slice` that say how units are scored.
struct ScoringOptions {
  std::string metrics = "avg,var,ens,deeplift,taylor";
  ContributionConfig config;
};

void add_scoring_options(CLI::App& command, ScoringOptions& options);

/// Splits and checks `metrics`.
ContributionConfig scoring_config(const ScoringOptions& options);

/// Scores the first samples of each category of the training set, in file order.
Scores score_user_model(const UserModel& user, const ContributionConfig& config);

}  // namespace neusemslice
