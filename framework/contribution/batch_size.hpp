#pragma once

#include <cstdint>

#include "config/suite.hpp"
#include "models/units.hpp"

namespace neusemslice {

/// Samples that are scored at a time: `config.batch_size`, or fewer where the values and gradients that such a batch
/// holds at its fullest would pass 2 GB (VGG-19 at 224x224: 8 samples). The architecture and the config decide alone,
/// and the metrics do not, so a batch has the same samples on every machine and for every set of metrics.
std::int64_t scoring_batch_size(const Architecture& architecture, const UnitGraph& units,
                                const ContributionConfig& config);

/// Samples that go through a network at a time where nothing is held but what is asked for: up to 256, or as many as
/// fit 1 GB.
std::int64_t forward_batch_size(const Architecture& architecture);

}  // namespace neusemslice
