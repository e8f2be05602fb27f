#include "core/timing.hpp"

#include <algorithm>
#include <chrono>

#include "core/error.hpp"
#include "core/stop.hpp"

namespace neusemslice {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kWarmUpSeconds = 1;
constexpr double kSeconds = 10;
constexpr std::int64_t kLeastRounds = 5;
constexpr std::int64_t kMostRounds = 101;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double seconds_of(const std::function<void()>& work) {
  throw_if_stopped();
  const Clock::time_point start = Clock::now();
  work();
  return seconds_since(start);
}

}  // namespace

Timing summarise(std::vector<double> seconds) {
  require(!seconds.empty(), "nothing was timed");
  std::ranges::sort(seconds);
  const std::size_t middle = seconds.size() / 2;
  const double median = seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
  return {seconds.front(), median, seconds.back(), static_cast<std::int64_t>(seconds.size())};
}

std::vector<Timing> time_in_turn(const std::vector<std::function<void()>>& works) {
  const Clock::time_point begin = Clock::now();
  do {
    for (const auto& work : works) seconds_of(work);
  } while (seconds_since(begin) < kWarmUpSeconds);
  std::vector<std::vector<double>> seconds(works.size());
  const Clock::time_point start = Clock::now();
  for (std::int64_t round = 0; round < kMostRounds; ++round) {
    if (round >= kLeastRounds && seconds_since(start) >= kSeconds) break;
    for (std::size_t i = 0; i < works.size(); ++i) seconds[i].push_back(seconds_of(works[i]));
  }
  std::vector<Timing> timings;
  for (auto& of_work : seconds) timings.push_back(summarise(std::move(of_work)));
  return timings;
}

}  // namespace neusemslice
