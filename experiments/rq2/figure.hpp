#pragma once

#include <vector>

#include "report/figure.hpp"
#include "rq2/results.hpp"

namespace neusemslice {

/// Test accuracy over the iterations: a panel for each setting, a colour for each algorithm, a style for what it starts
/// from.
Figure rq2_figure(const std::vector<Rq2Setting>& settings);

}  // namespace neusemslice
