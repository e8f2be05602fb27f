#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "slicing/slice.hpp"

namespace neusemslice {

/// The thresholds at which any category's answer changes in any layer, ascending: between two of them all semantic
/// slices by the metric are the same. They come off the curves' running maxima at 0, interval, 2 interval, ..., N.
std::vector<double> crossing_thresholds(const SimilarityCurves& curves, const std::string& metric,
                                        std::int64_t interval);

struct SliceSearch {
  std::vector<std::string> metrics;
  std::int64_t interval = 1;
  std::function<std::int64_t(const Slice&)> parameters;  ///< of the network shrunken to a slice
  std::function<bool(const Slice&)> holds;               ///< whether it loses little enough; asked once a candidate
};

/// The semantic slice with the fewest parameters that holds (method.md section 7), over every metric and all thresholds
/// up to 1. A metric's slices are nested in the threshold, so the search walks sixteen of them from the most compressed
/// on and bisects between the first that holds and the one before it, as if more units never lost accuracy. Of equal
/// ones the earlier metric's. Where none holds, the slice that keeps everything.
Slice choose_slice(const UnitGraph& units, const Scores& scores, const SimilarityCurves& curves,
                   const SliceSearch& search);

}  // namespace neusemslice
