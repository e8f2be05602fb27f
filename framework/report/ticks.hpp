#pragma once

#include <string>
#include <vector>

namespace neusemslice {

/// Round positions inside [low, high], a step of 1, 2 or 5 times a power of ten apart, about `wanted` of them:
/// ticks(0, 100, 5) is {0, 20, 40, 60, 80, 100}. Needs low < high and wanted > 0.
std::vector<double> ticks(double low, double high, int wanted);

/// The ticks' text, all with the decimals that their step needs.
std::vector<std::string> tick_labels(const std::vector<double>& positions);

}  // namespace neusemslice
