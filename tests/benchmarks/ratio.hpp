#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include <benchmark/benchmark.h>

namespace neusemslice {

inline double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Times `work` and `floor` in turn, so that both see the same machine, and reports the medians' ratio beside the aim.
/// The benchmark's own time is that of `work`. Returns through the counters "ratio", "aim" and "floor_seconds".
inline void report_ratio(benchmark::State& state, double aim, const std::function<void()>& work,
                         const std::function<void()>& floor) {
  work();
  floor();
  std::vector<double> works;
  std::vector<double> floors;
  for (auto step : state) {
    static_cast<void>(step);
    floors.push_back(seconds_of(floor));
    works.push_back(seconds_of(work));
    state.SetIterationTime(works.back());
  }
  state.counters["ratio"] = median(works) / median(floors);
  state.counters["aim"] = aim;
  state.counters["floor_seconds"] = median(floors);
}

}  // namespace neusemslice
