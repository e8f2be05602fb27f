#pragma once

#include <string>
#include <vector>

#include "rq4/results.hpp"

namespace neusemslice {

/// What slices did for learning new categories, one sentence a setting and method, and what the paper's Table 6 comes
/// to by the same sums.
std::vector<std::string> rq4_answer(const std::vector<Rq4Setting>& settings);

}  // namespace neusemslice
