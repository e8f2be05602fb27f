#pragma once

#include <cstdint>
#include <vector>

#include "rq1/results.hpp"

namespace neusemslice {

/// All seeds' slices of one level of a curve.
struct Rq1Level {
  double level = 0;
  Summary compression_rate;
  Summary validation_accuracy;
  Summary test_accuracy;
  Summary test_loss;
  std::int64_t rescued_layers = 0;  ///< over all seeds
};

/// The levels of a curve, ascending.
std::vector<Rq1Level> levels_of(const Rq1Curve& curve);

}  // namespace neusemslice
