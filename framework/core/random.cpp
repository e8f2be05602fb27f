#include "core/random.hpp"

#include <string>

#include "core/error.hpp"
#include "core/hash.hpp"

namespace neusemslice {

RandomStream::RandomStream(std::uint64_t seed, std::string_view purpose)
    : engine_(std::stoull(sha256_hex(fmt::format("{}/{}", seed, purpose)).substr(0, 16), nullptr, 16)) {}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  require(bound > 0, "no random number below 0");
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // the last whole multiple of bound
  std::uint64_t value = next();
  while (value >= limit) value = next();
  return value % bound;
}

}  // namespace neusemslice
