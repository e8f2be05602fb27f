#pragma once

#include <cstdint>

namespace neusemslice {

/// Items [begin, end).
struct ShardRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// The contiguous items that `rank` of `world` owns. Sizes differ by at most one; the first ranks take the remainder:
/// 10 items on 4 ranks are [0,3) [3,6) [6,8) [8,10). Pure arithmetic, so it is tested without MPI.
ShardRange shard_range(std::int64_t total, int rank, int world);

}  // namespace neusemslice
