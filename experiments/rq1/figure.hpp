#pragma once

#include <vector>

#include "report/figure.hpp"
#include "rq1/results.hpp"

namespace neusemslice {

/// Test accuracy against compression rate, mean over seeds with a band (the 95 % interval, or the range of
/// two seeds); a row of panels for each setting: the
/// whole range, and the uppermost points enlarged. Stars show what the paper claims; a claimed loss is taken off our
/// original.
Figure rq1_figure(const std::vector<Rq1Setting>& settings);

}  // namespace neusemslice
