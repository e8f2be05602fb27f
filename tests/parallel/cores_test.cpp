#include "parallel/cores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace neusemslice {
namespace {

using testing::ElementsAre;
using testing::Not;

TEST(CoreShares, UnboundRanksDivideTheHost) {
  const std::vector<int> all = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_THAT(core_shares({all, all, all, all}), ElementsAre(2, 2, 2, 2));
  EXPECT_THAT(core_shares({all, all, all}), ElementsAre(2, 2, 2)) << "two of eight cores are nobody's";
}

TEST(CoreShares, BoundRanksKeepTheirOwn) {
  EXPECT_THAT(core_shares({{0, 1}, {2, 3}}), ElementsAre(2, 2));
  EXPECT_THAT(core_shares({{0}, {1, 2, 3}}), ElementsAre(1, 3));
}

TEST(CoreShares, OnlySharedCoresAreDivided) {
  EXPECT_THAT(core_shares({{0, 1, 2, 3}, {2, 3}}), ElementsAre(3, 1));
}

TEST(CoreShares, ARankAlwaysHasOne) {
  EXPECT_THAT(core_shares({{0}, {0}, {0}}), ElementsAre(1, 1, 1));
  EXPECT_THAT(core_shares({{0, 1, 2, 3, 4, 5, 6, 7}}), ElementsAre(8));
}

TEST(AllowedCores, ThereIsAtLeastOne) {
  EXPECT_THAT(allowed_cores(), Not(testing::IsEmpty()));
}

}  // namespace
}  // namespace neusemslice
