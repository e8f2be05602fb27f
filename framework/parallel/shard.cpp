#include "parallel/shard.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace neusemslice {

ShardRange shard_range(std::int64_t total, int rank, int world) {
  require(total >= 0 && 0 <= rank && rank < world, "no shard for rank {} of {} over {} items", rank, world, total);
  const std::int64_t base = total / world;
  const std::int64_t extra = total % world;
  const std::int64_t begin = rank * base + std::min<std::int64_t>(rank, extra);
  return {begin, begin + base + (rank < extra ? 1 : 0)};
}

}  // namespace neusemslice
