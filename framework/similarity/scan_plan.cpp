#include "similarity/scan_plan.hpp"

#include <algorithm>

namespace neusemslice {

ScanPlan plan_scan(const std::vector<TapShape>& taps, const ScanOptions& options) {
  ScanPlan plan;
  std::int64_t features = 0;  // of the last pass, and the widest of its scans' working memories
  std::int64_t working = 0;
  for (const TapShape& tap : taps) {
    const auto method = scan_method_within(tap.shape, options);
    if (!method) {
      plan.streamed.push_back(tap);
      continue;
    }
    const std::int64_t own = scan_working_bytes(tap.shape, options, *method);
    const bool joins =
        !plan.passes.empty() && features + tap.shape.bytes() + std::max(working, own) <= options.memory_bytes;
    if (!joins) plan.passes.emplace_back();
    features = tap.shape.bytes() + (joins ? features : 0);
    working = joins ? std::max(working, own) : own;
    plan.passes.back().push_back(tap);
  }
  return plan;
}

}  // namespace neusemslice
