#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "config/suite.hpp"
#include "contribution/scorer.hpp"
#include "user_model.hpp"

namespace neusemslice {

/// Options of `score` and `slice` that say how units are scored, and on what.
struct ScoringOptions {
  Categories categories;  ///< none: all
  std::string metrics = "avg,var,ens,deeplift,taylor";
  ContributionConfig config;
};

void add_scoring_options(CLI::App& command, ScoringOptions& options);

/// Splits and checks `metrics`.
ContributionConfig scoring_config(const ScoringOptions& options);

/// The first `limit` training samples (0: all) of each category, in file order; none of those that are not asked for.
std::vector<at::Tensor> chosen_positions(const UserModel& user, const ScoringOptions& options, std::int64_t limit);

/// By these samples.
Scores score_user_model(const UserModel& user, const ScoringOptions& options, const ContributionConfig& config);

}  // namespace neusemslice
