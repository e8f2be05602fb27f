#pragma once

#include <vector>

#include "report/table.hpp"
#include "rq3/results.hpp"

namespace neusemslice {

/// Table 5 of one setting: TPR, RA and RAA of each method under each attack, the paper's beside, accuracy on benign
/// test images, and time over full retraining's.
Table rq3_main_table(const Rq3Setting& setting);

/// What each method changes against full retraining, seed by seed, and the paper's.
Table rq3_effects_table(const Rq3Setting& setting);

/// For machines: every setting, attack and method.
Table rq3_data(const std::vector<Rq3Setting>& settings);

}  // namespace neusemslice
