#include "core/random.hpp"

#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

using testing::ElementsAre;

std::vector<std::uint64_t> first_numbers(std::uint64_t seed, std::string_view purpose) {
  RandomStream stream(seed, purpose);
  return {stream.next(), stream.next(), stream.next()};
}

// From an independent program: 64-bit Mersenne Twister, its seed the first 16 hexadecimal digits of
// SHA-256("<seed>/<purpose>"). Another generator would silently change every trained model.
TEST(RandomStream, GivesThePinnedNumbers) {
  EXPECT_THAT(first_numbers(0, "shuffle/epoch 1"),
              ElementsAre(7113388370321761920U, 16562390587724089149U, 16553139494170117597U));
  EXPECT_THAT(first_numbers(7, "split"), ElementsAre(14404911883169350738U, 29966899901544018U, 4136288149827166594U));
  EXPECT_EQ(RandomStream(0, "shuffle/epoch 1").uniform(), 0.3856175562417987);
}

TEST(RandomStream, ShufflesInThePinnedOrder) {
  std::vector<int> items(8);
  std::iota(items.begin(), items.end(), 0);
  RandomStream(0, "shuffle/epoch 1").shuffle(items);
  EXPECT_THAT(items, ElementsAre(7, 3, 5, 2, 4, 1, 6, 0));
}

TEST(RandomStream, EqualNamesGiveEqualNumbers) {
  EXPECT_EQ(first_numbers(3, "weights"), first_numbers(3, "weights"));
}

TEST(RandomStream, AnotherSeedOrPurposeGivesOtherNumbers) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const char* purpose : {"split", "weights", "shuffle/epoch 1", "shuffle/epoch 11"}) {
      firsts.insert(RandomStream(seed, purpose).next());
    }
  }
  EXPECT_EQ(firsts.size(), 80U);
}

TEST(RandomStream, BelowReachesEveryNumberEquallyOften) {
  constexpr int kDraws = 60'000;
  std::vector<int> counts(6, 0);
  RandomStream stream(1, "dice");
  for (int i = 0; i < kDraws; ++i) ++counts[stream.below(6)];
  double chi_squared = 0;
  for (const int count : counts) chi_squared += std::pow(count - kDraws / 6, 2) / (kDraws / 6.0);
  EXPECT_LT(chi_squared, 20.5);  // 5 degrees of freedom: exceeded once in a thousand seeds
}

// 3/4 of the range: were the remainder taken without rejection, the lower third would come twice as often.
TEST(RandomStream, BelowIsUnbiasedForBoundsNearTheWholeRange) {
  constexpr std::uint64_t kBound = 3ULL << 62;
  constexpr int kDraws = 30'000;
  int low = 0;
  RandomStream stream(1, "wide");
  for (int i = 0; i < kDraws; ++i) low += stream.below(kBound) < kBound / 3 ? 1 : 0;
  EXPECT_NEAR(low, kDraws / 3, 400);  // five standard deviations
}

TEST(RandomStream, BelowOneIsZeroAndBelowZeroIsRefused) {
  RandomStream stream(1, "edge");
  EXPECT_EQ(stream.below(1), 0U);
  EXPECT_THROW(stream.below(0), Error);
}

TEST(RandomStream, UniformStaysBelowOneWithMeanOneHalf) {
  RandomStream stream(2, "uniform");
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = stream.uniform();
    ASSERT_TRUE(value >= 0 && value < 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.015);  // five standard deviations
}

TEST(RandomStream, ShuffleKeepsEveryItem) {
  std::vector<int> items(1000);
  std::iota(items.begin(), items.end(), 0);
  std::vector<int> shuffled = items;
  RandomStream(4, "shuffle").shuffle(shuffled);
  EXPECT_NE(shuffled, items);
  std::ranges::sort(shuffled);
  EXPECT_EQ(shuffled, items);
}

TEST(RandomStream, ShufflesNothingAndOneItem) {
  std::vector<int> none;
  std::vector<int> one = {7};
  RandomStream stream(5, "few");
  stream.shuffle(none);
  stream.shuffle(one);
  EXPECT_THAT(one, ElementsAre(7));
}

}  // namespace
}  // namespace neusemslice
