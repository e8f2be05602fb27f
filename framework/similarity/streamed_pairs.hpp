#pragma once

#include <cstdint>
#include <functional>

#include <ATen/ATen.h>

#include "similarity/pair_products.hpp"
#include "similarity/scan.hpp"

namespace neusemslice {

/// Gives the features of units [begin, end) of a layer, (samples, end - begin, positions) float32, as often as asked.
using FeatureSource = std::function<at::Tensor(std::int64_t begin, std::int64_t end)>;

/// How a layer whose features do not fit the memory is taken: `arriving` units' features at a time, `held` units at a
/// time in the form that products are computed from. All units can be held where n is less than P: then every unit
/// arrives once.
struct StreamPlan {
  PairForm form = PairForm::grams;
  std::int64_t held = 0;
  std::int64_t arriving = 0;

  bool operator==(const StreamPlan&) const = default;
};

/// Throws InputError where not even one unit against another fits.
StreamPlan plan_stream(const FeatureShape& layer, const ScanOptions& options);

/// All pairs of a layer, its features, which are on `device`, never being all in memory.
PairProducts stream_pairs(const FeatureShape& layer, const ScanOptions& options, at::Device device,
                          const FeatureSource& source);

}  // namespace neusemslice
