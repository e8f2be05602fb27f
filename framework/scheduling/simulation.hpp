#pragma once

#include <map>
#include <string>
#include <vector>

#include "scheduling/schedule.hpp"

namespace neusemslice {

/// Seconds from the first assignment to the last job's end when every job lasts as long as it is expected to, a divided
/// one the ranks'th part: what the schedule itself costs over doing everything at once.
double simulate_seconds(const JobGraph& graph, const std::map<std::string, JobState>& states,
                        const std::vector<JobEstimate>& estimates, int ranks);

}  // namespace neusemslice
