#pragma once

#include <vector>

#include "pilot/results.hpp"
#include "report/figure.hpp"

namespace neusemslice {

/// Test accuracy with each band masked, by the band's place in the ranking: a panel for each setting, a colour for each
/// metric, and a style for each scope.
Figure pilot_figure(const std::vector<PilotSetting>& settings);

}  // namespace neusemslice
