#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "contribution/scorer.hpp"
#include "models/units.hpp"
#include "parallel/communicator.hpp"
#include "similarity/curves.hpp"

namespace neusemslice {

/// A set of kept units for each layer (method.md section 4) and how it came about. Layers of one group (UnitGroup) keep
/// the same units: those that any of them keeps.
struct Slice {
  std::string strategy;  ///< global, category or semantic
  std::string metric;
  double level = 0;                  ///< percent for global and category, threshold for semantic
  KeptUnits kept;                    ///< sorted indices
  std::vector<std::string> rescued;  ///< layers of groups of which nothing was kept and that keep their best unit

  bool operator==(const Slice&) const = default;
};

/// ceil(percent / 100 * units), in integers.
std::int64_t units_at_percent(std::int64_t units, std::int64_t percent);

/// Algorithm 1's answer off a curve: the smallest k in {0, i, 2i, ..., N} with sim(k) >= threshold; N when there is
/// none.
std::int64_t first_crossing(const at::Tensor& curve, double threshold, std::int64_t interval);

/// Units ranked from `from` % to `to` %, [ceil(from N / 100), ceil(to N / 100)), sorted: the pilot study's bands.
std::vector<std::int64_t> band_units(const at::Tensor& scores, std::int64_t from, std::int64_t to);

/// Per layer the top `percent` by the global score, then the union over each group.
Slice global_slice(const UnitGraph& units, const Scores& scores, const std::string& metric, std::int64_t percent);

/// Per layer and category the top `percent`, then the union over categories, groups and the ranks of `communicator`,
/// each of which brings the categories it owns in `scores`.
Slice category_slice(const UnitGraph& units, const Scores& scores, const std::string& metric, std::int64_t percent,
                     Communicator& communicator);

/// Per layer and category the first k of the curve that reaches the threshold, then the union.
Slice semantic_slice(const UnitGraph& units, const Scores& scores, const SimilarityCurves& curves,
                     const std::string& metric, double threshold, std::int64_t interval, Communicator& communicator);

}  // namespace neusemslice
