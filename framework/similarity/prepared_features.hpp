#pragma once

#include <ATen/ATen.h>

namespace neusemslice {

/// Features as products are taken of them: centred over the samples on request, and multiplied by 2^exponent.
struct PreparedFeatures {
  at::Tensor values;  ///< (samples, units, positions), contiguous
  int exponent = 0;
};

/// sim does not depend on the features' scale, but norms are fourth powers, which float32 holds only for values of
/// about 1e-9 to 1e9: features that are far from 1 are multiplied by a power of two, which rounds nothing.
PreparedFeatures prepared(const at::Tensor& features, bool centered);

}  // namespace neusemslice
