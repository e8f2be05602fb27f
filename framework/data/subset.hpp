#pragma once

#include "data/dataset.hpp"

namespace neusemslice {

/// The first so many samples of each category, in file order (0 = all): what `training_samples` and `test_samples` of a
/// description ask for. The fingerprint tells it from the whole. Views of a mapped cache become copies.
Dataset first_samples(Dataset dataset, std::int64_t training_samples, std::int64_t test_samples);

}  // namespace neusemslice
