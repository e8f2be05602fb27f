#pragma once

#include <vector>

namespace neusemslice {

/// The cores this process may run on (its affinity mask), ascending.
std::vector<int> allowed_cores();

/// How many cores each rank of one host may count as its own, at least 1: a core that several ranks may run on is
/// shared between them. Ranks that the launcher bound keep what they were bound to; four unbound ranks on eight cores
/// get two each.
std::vector<int> core_shares(const std::vector<std::vector<int>>& allowed_by_rank);

}  // namespace neusemslice
