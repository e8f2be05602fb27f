#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace neusemslice {

/// A stream of random numbers with a name. Equal (seed, purpose) give equal numbers on every machine, and two purposes
/// never share numbers: the generator is seeded from SHA-256("<seed>/<purpose>"). There is no global generator.
///
///   RandomStream shuffle(model_seed, fmt::format("shuffle/epoch {}", epoch));
///   shuffle.shuffle(indices);
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::string_view purpose);

  std::uint64_t next() { return engine_(); }

  /// Uniform in [0, bound), without bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);

  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// Fisher-Yates; std::shuffle is not the same on every standard library.
  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

/// A seed for a step that has streams of its own, such as a second training of one model: its streams share no numbers
/// with those of `seed`.
inline std::uint64_t derived_seed(std::uint64_t seed, std::string_view purpose) {
  return RandomStream(seed, purpose).next();
}

}  // namespace neusemslice
