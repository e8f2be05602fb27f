#include "parallel/cores.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <thread>

#include <sched.h>

namespace neusemslice {

std::vector<int> allowed_cores() {
  std::vector<int> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
    return cores;
  }
  cores.resize(std::max(std::thread::hardware_concurrency(), 1U));
  std::iota(cores.begin(), cores.end(), 0);
  return cores;
}

std::vector<int> core_shares(const std::vector<std::vector<int>>& allowed_by_rank) {
  std::map<int, int> users;
  for (const auto& cores : allowed_by_rank) {
    for (const int core : cores) ++users[core];
  }
  std::vector<int> shares;
  for (const auto& cores : allowed_by_rank) {
    double share = 0;
    for (const int core : cores) share += 1.0 / users[core];
    shares.push_back(std::max(static_cast<int>(share + 1e-9), 1));
  }
  return shares;
}

}  // namespace neusemslice
