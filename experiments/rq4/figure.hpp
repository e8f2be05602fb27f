#pragma once

#include <vector>

#include "report/figure.hpp"
#include "rq4/results.hpp"

namespace neusemslice {

/// Two tasks: a panel for each setting, a point for each method, accuracy on task B against that on task A. More: a
/// panel for each setting and method, accuracy on every task after each step.
Figure rq4_figure(const std::vector<Rq4Setting>& settings);

}  // namespace neusemslice
