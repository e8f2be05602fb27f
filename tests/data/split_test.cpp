#include "data/split.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using Indices = std::vector<std::int64_t>;
using test_support::index_tensor;

Indices values(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<std::int64_t>(), tensor.const_data_ptr<std::int64_t>() + tensor.numel()};
}

/// `count` labels that go round the categories: 0 1 2 0 1 2 ...
at::Tensor round_labels(std::int64_t count, std::int64_t categories) {
  return at::arange(count).remainder(categories);
}

TEST(SplitTraining, HoldsOutATenthOfEveryCategory) {
  const at::Tensor labels = at::cat({at::zeros({100}, at::kLong), at::ones({30}, at::kLong)});
  const TrainingSplit split = split_training(labels, 2, 10, 0);
  EXPECT_EQ(split.validation.numel(), 13);
  EXPECT_EQ(labels.index_select(0, split.validation).sum().item<std::int64_t>(), 3);
}

TEST(SplitTraining, RoundsToTheNearestSample) {
  const auto held_out = [](std::int64_t samples, std::int64_t percent) {
    return split_training(at::zeros({samples}, at::kLong), 1, percent, 0).validation.numel();
  };
  EXPECT_EQ(held_out(14, 10), 1);
  EXPECT_EQ(held_out(15, 10), 2);
  EXPECT_EQ(held_out(4, 10), 0);
  EXPECT_EQ(held_out(10, 0), 0);
}

TEST(SplitTraining, EverySampleIsOnExactlyOneSideInAscendingOrder) {
  const TrainingSplit split = split_training(round_labels(1000, 7), 7, 10, 3);
  const Indices training = values(split.training);
  const Indices validation = values(split.validation);
  EXPECT_TRUE(std::ranges::is_sorted(training));
  EXPECT_TRUE(std::ranges::is_sorted(validation));
  Indices all;
  std::ranges::merge(training, validation, std::back_inserter(all));
  EXPECT_EQ(all, values(at::arange(1000)));
}

TEST(SplitTraining, IsFixedByTheSeed) {
  const at::Tensor labels = round_labels(500, 5);
  const Indices first = values(split_training(labels, 5, 10, 7).validation);
  EXPECT_EQ(values(split_training(labels, 5, 10, 7).validation), first);
  EXPECT_NE(values(split_training(labels, 5, 10, 8).validation), first);
}

TEST(PositionsByCategory, AreInFileOrderUpToALimit) {
  const at::Tensor labels = index_tensor({2, 0, 2, 2, 0, 2});
  const std::vector<at::Tensor> all = positions_by_category(labels, 3, 0);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(values(all[0]), (Indices{1, 4}));
  EXPECT_EQ(values(all[1]), Indices{});
  EXPECT_EQ(values(all[2]), (Indices{0, 2, 3, 5}));
  EXPECT_EQ(values(positions_by_category(labels, 3, 3)[2]), (Indices{0, 2, 3}));
  EXPECT_EQ(values(positions_by_category(labels, 3, 3)[0]), (Indices{1, 4}));
}

TEST(PositionsByCategory, TakeOnlyFromThePositionsGiven) {
  const at::Tensor labels = index_tensor({0, 1, 0, 1, 0, 1});
  const std::vector<at::Tensor> some = positions_by_category(labels, 2, 0, index_tensor({0, 3, 4}));
  EXPECT_EQ(values(some[0]), (Indices{0, 4}));
  EXPECT_EQ(values(some[1]), (Indices{3}));
}

TEST(PositionsByCategory, RefuseALabelThatIsNoCategory) {
  EXPECT_THROW(positions_by_category(index_tensor({0, 3}), 3, 0), Error);
}

TEST(Shuffled, IsAPermutationFixedBySeedAndEpoch) {
  const at::Tensor positions = at::arange(10, 110);
  const Indices order = values(shuffled(positions, 4, 2));
  EXPECT_EQ(values(shuffled(positions, 4, 2)), order);
  EXPECT_NE(values(shuffled(positions, 4, 3)), order);
  EXPECT_NE(values(shuffled(positions, 5, 2)), order);
  Indices sorted = order;
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, values(positions));
  EXPECT_NE(order, values(positions));
}

TEST(Shuffled, PutsEverySampleAnywhere) {
  std::set<std::int64_t> firsts;
  for (std::int64_t epoch = 0; epoch < 200; ++epoch) {
    firsts.insert(shuffled(at::arange(5), 0, epoch)[0].item<std::int64_t>());
  }
  EXPECT_EQ(firsts.size(), 5U);
}

}  // namespace
}  // namespace neusemslice
