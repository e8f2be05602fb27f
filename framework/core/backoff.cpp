#include "core/backoff.hpp"

#include <algorithm>
#include <thread>

namespace neusemslice {

std::chrono::microseconds Backoff::next() {
  if (yields_left_ > 0) {
    --yields_left_;
    return std::chrono::microseconds(0);
  }
  const std::chrono::microseconds pause = length_;
  length_ = std::min(length_ + length_ / 4 + std::chrono::microseconds(1), longest_);
  return pause;
}

void Backoff::pause() {
  const std::chrono::microseconds length = next();
  if (length.count() == 0)
    std::this_thread::yield();
  else
    std::this_thread::sleep_for(length);
}

}  // namespace neusemslice
