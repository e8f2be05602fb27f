#pragma once

#include <algorithm>
#include <cstdint>

#include "contribution/score_kernel_bodies.hpp"

namespace neusemslice {

/// How a GPU cuts a sum over samples into blocks of 8 rows of 32 threads. A block takes one part of the samples, a row
/// of it every eighth sample, and 1, 8 or 32 threads of a row share the positions of a unit: so a row reads neighbours
/// in memory at any number of positions. The shape alone decides, so every GPU adds in the same order.
struct SampleSumsPlan {
  static constexpr int kRow = 32;
  static constexpr int kRows = 8;

  int lanes;                      ///< threads that share a unit
  std::int64_t unit_blocks;       ///< blocks side by side over the units
  std::int64_t parts;             ///< of the samples
  std::int64_t samples_per_part;  ///< the last part may have fewer
};

inline SampleSumsPlan plan_sample_sums(const UnitShape& shape) {
  constexpr std::int64_t kBlocks = 1024;                              // fill any GPU of today
  constexpr std::int64_t kSamplesOfPart = 4 * SampleSumsPlan::kRows;  // fewer would not pay for a block
  const auto divide_up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  SampleSumsPlan plan{};
  plan.lanes = shape.positions == 1 ? 1 : shape.positions <= SampleSumsPlan::kRow ? 8 : 32;
  plan.unit_blocks = divide_up(shape.units, SampleSumsPlan::kRow / plan.lanes);
  const std::int64_t useful = std::max<std::int64_t>(shape.samples / kSamplesOfPart, 1);
  const std::int64_t wanted = divide_up(kBlocks, std::max<std::int64_t>(plan.unit_blocks, 1));
  plan.samples_per_part = divide_up(shape.samples, std::min(useful, wanted));
  plan.parts = divide_up(shape.samples, std::max<std::int64_t>(plan.samples_per_part, 1));
  return plan;
}

}  // namespace neusemslice
