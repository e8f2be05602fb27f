#pragma once

#include <chrono>
#include <thread>

namespace neusemslice::test_support {

/// Looks some times a second whether the condition holds; gives false when it does not within `patience`.
template <typename Condition>
bool wait_until(Condition condition, std::chrono::seconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return true;
}

}  // namespace neusemslice::test_support
