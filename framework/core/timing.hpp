#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace neusemslice {

/// How long one piece of work took, over several rounds.
struct Timing {
  double least_seconds = 0;
  double median_seconds = 0;  ///< of an even number of rounds, the mean of the two in the middle
  double most_seconds = 0;
  std::int64_t rounds = 0;

  bool operator==(const Timing&) const = default;
};

/// Of at least one round.
Timing summarise(std::vector<double> seconds);

/// Times several works in turn, first one, first two, ..., first one, ..., so that all see the same machine; each must
/// be done when it returns. After a warm-up, whose times do not count, follow at most 101 rounds and no more than ten
/// seconds hold, but at least 5. Throws when a stop signal has come.
std::vector<Timing> time_in_turn(const std::vector<std::function<void()>>& works);

}  // namespace neusemslice
