#include "parallel/shard.hpp"

#include <vector>

#include <gmock/gmock.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

using Sizes = std::vector<std::int64_t>;

Sizes sizes_of(std::int64_t total, int world) {
  Sizes sizes;
  for (int rank = 0; rank < world; ++rank) {
    const auto [begin, end] = shard_range(total, rank, world);
    sizes.push_back(end - begin);
  }
  return sizes;
}

TEST(ShardRange, TenItemsOnFourRanksAreThreeThreeTwoTwo) {
  EXPECT_EQ(sizes_of(10, 4), (Sizes{3, 3, 2, 2}));
  EXPECT_EQ(shard_range(10, 2, 4).begin, 6);
  EXPECT_EQ(shard_range(10, 2, 4).end, 8);
}

TEST(ShardRange, OneRankOwnsEverything) {
  EXPECT_EQ(sizes_of(7, 1), (Sizes{7}));
}

TEST(ShardRange, NothingIsSharedByNobody) {
  EXPECT_EQ(sizes_of(0, 3), (Sizes{0, 0, 0}));
}

TEST(ShardRange, CoversEveryItemOnceWhenRanksOutnumberItems) {
  std::vector<int> owners(3, 0);
  for (int rank = 0; rank < 5; ++rank) {
    const auto [begin, end] = shard_range(3, rank, 5);
    for (auto item = begin; item < end; ++item) ++owners[static_cast<std::size_t>(item)];
  }
  EXPECT_THAT(owners, testing::Each(1));
}

TEST(ShardRange, ShardsFollowEachOtherAndDifferByAtMostOne) {
  for (std::int64_t total = 0; total <= 40; ++total) {
    for (int world = 1; world <= 12; ++world) {
      std::int64_t next = 0;
      for (int rank = 0; rank < world; ++rank) {
        const auto [begin, end] = shard_range(total, rank, world);
        ASSERT_EQ(begin, next);
        next = end;
      }
      ASSERT_EQ(next, total);
      const Sizes sizes = sizes_of(total, world);
      ASSERT_LE(sizes.front() - sizes.back(), 1);
    }
  }
}

TEST(ShardRange, RefusesARankOutsideTheWorld) {
  EXPECT_THROW(shard_range(10, 4, 4), Error);
  EXPECT_THROW(shard_range(10, -1, 4), Error);
  EXPECT_THROW(shard_range(10, 0, 0), Error);
  EXPECT_THROW(shard_range(-1, 0, 1), Error);
}

}  // namespace
}  // namespace neusemslice
