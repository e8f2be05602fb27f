#include "scheduling/simulation.hpp"

#include <algorithm>
#include <numeric>
#include <queue>
#include <tuple>

namespace neusemslice {
namespace {

/// A job that runs until `end`; ties end in the order in which they were begun.
struct Running {
  double end = 0;
  std::size_t number = 0;
  Assignment assignment;

  bool operator>(const Running& other) const { return std::tie(end, number) > std::tie(other.end, other.number); }
};

}  // namespace

double simulate_seconds(const JobGraph& graph, const std::map<std::string, JobState>& states,
                        const std::vector<JobEstimate>& estimates, int ranks) {
  Schedule schedule(graph, states, estimates);
  std::priority_queue<Running, std::vector<Running>, std::greater<>> running;
  std::vector<int> idle(static_cast<std::size_t>(ranks));
  std::iota(idle.begin(), idle.end(), 0);
  double now = 0;
  std::size_t begun = 0;
  for (;;) {
    for (Assignment& assignment : schedule.assign(idle)) {
      for (const int rank : assignment.ranks) std::erase(idle, rank);
      const double share = estimates[assignment.job].seconds / static_cast<double>(assignment.ranks.size());
      running.push({now + share, begun++, std::move(assignment)});
    }
    if (running.empty()) return now;
    const Running ended = running.top();
    running.pop();
    now = ended.end;
    idle.insert(idle.end(), ended.assignment.ranks.begin(), ended.assignment.ranks.end());
    std::ranges::sort(idle);
    schedule.done(ended.assignment.job);
  }
}

}  // namespace neusemslice
