#pragma once

#include <chrono>

namespace neusemslice {

/// Pauses between looks at something that will happen, short at first and longer as it does not: what happens at once
/// is seen at once, and a long wait costs next to no CPU time.
class Backoff {
 public:
  explicit Backoff(std::chrono::microseconds longest = std::chrono::milliseconds(2)) : longest_(longest) {}

  /// The length of the next pause; 0 for the first few, which only give way to other threads.
  std::chrono::microseconds next();

  /// Sleeps for next().
  void pause();

 private:
  std::chrono::microseconds longest_;
  std::chrono::microseconds length_{10};
  int yields_left_ = 20;
};

}  // namespace neusemslice
