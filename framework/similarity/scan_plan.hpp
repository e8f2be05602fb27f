#pragma once

#include <cstdint>
#include <vector>

#include "similarity/scan.hpp"

namespace neusemslice {

/// A tap, which several layers may share, and its features' shape.
struct TapShape {
  std::int64_t tap = 0;
  FeatureShape shape;

  bool operator==(const TapShape&) const = default;
};

/// In what order the taps of a network are scanned so that their features and the scan's working memory never pass the
/// bound: `passes` go forward together, each tap's features being whole; `streamed` do not fit alone and are taken by
/// blocks of units.
struct ScanPlan {
  std::vector<std::vector<TapShape>> passes;
  std::vector<TapShape> streamed;
};

/// A pass takes as many taps, in their order, as fit.
ScanPlan plan_scan(const std::vector<TapShape>& taps, const ScanOptions& options);

}  // namespace neusemslice
