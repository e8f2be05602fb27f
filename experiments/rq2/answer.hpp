#pragma once

#include <string>
#include <vector>

#include "rq2/results.hpp"

namespace neusemslice {

/// Sentences on whether starting from the slice saves iterations and compresses more, and what the paper's Table 4
/// comes to by the same sums.
std::vector<std::string> rq2_answer(const std::vector<Rq2Setting>& settings);

}  // namespace neusemslice
