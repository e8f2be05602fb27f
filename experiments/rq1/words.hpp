#pragma once

#include <string>
#include <vector>

#include "rq1/results.hpp"

namespace neusemslice {

/// "semantic slicing", "category-wise slicing", "global slicing".
std::string strategy_name(const std::string& strategy);

/// "T = 0.95" for a similarity threshold, "top 30 %" for a share of the units.
std::string level_name(const std::string& strategy, double level);

/// "5 seeds", "1 seed".
std::string seeds_name(std::size_t count);

/// The text, and how many seeds are in it when that is not all: "75.01 (1 of 2 seeds)".
std::string with_seeds(const std::string& text, std::size_t count, std::size_t all);

/// A fraction as few digits as it needs: 0.005 gives "0.5".
std::string short_percent(double fraction);

/// A difference of accuracies in points, with its sign and interval: "+1.20 ± 0.31"; "–" for none.
std::string signed_points(const Summary& difference);

/// "30, 50, 70 and 90 %".
std::string list_of_percents(const std::vector<double>& fractions);

/// "The original model: 98.12 ± 0.10 % test accuracy (5 seeds)."
std::string original_sentence(const Rq1Setting& setting);

}  // namespace neusemslice
