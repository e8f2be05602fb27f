#pragma once

#include <vector>

#include "report/figure.hpp"
#include "rq3/results.hpp"

namespace neusemslice {

/// Accuracy against the share of parameters that is retrained: a panel for each setting and attack, a colour for each
/// accuracy, and a point for each method.
Figure rq3_figure(const std::vector<Rq3Setting>& settings);

}  // namespace neusemslice
