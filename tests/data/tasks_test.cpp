#include "data/tasks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/problem.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::int64_t> values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  return {flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + flat.numel()};
}

Dataset dataset_of(std::int64_t categories) {
  Dataset dataset{.name = "toy"};
  dataset.category_names.resize(static_cast<std::size_t>(categories));
  return dataset;
}

TEST(Tasks, AreTheHalvesWhereNoneAreGiven) {
  EXPECT_THAT(tasks_of({}, dataset_of(5)), ElementsAre(Categories{0, 1}, Categories{2, 3, 4}));
}

TEST(Tasks, MayBeOfAnyCategoriesInAnyOrder) {
  const std::vector<Categories> given = {{4, 0}, {2}, {1}};
  EXPECT_EQ(tasks_of(given, dataset_of(5)), given) << "and need not cover all categories";
  EXPECT_THAT(message_of<InputError>([&] { static_cast<void>(tasks_of(given, dataset_of(4))); }),
              HasSubstr("toy has categories 0 to 3, not 4"));
}

TEST(Positions, AreThoseOfTheCategoriesInTheirOrder) {
  const at::Tensor labels = index_tensor({3, 0, 1, 3, 2, 0});
  EXPECT_THAT(values(positions_of({0, 3}, labels, index_tensor({5, 4, 3, 0}))), ElementsAre(5, 3, 0));
  const TrainingSplit split = split_of({0}, labels, {index_tensor({1, 2}), index_tensor({0, 5})});
  EXPECT_THAT(values(split.training), ElementsAre(1));
  EXPECT_THAT(values(split.validation), ElementsAre(5));
}

/// Of each category, the count of these positions.
std::vector<std::int64_t> counts(const at::Tensor& labels, const at::Tensor& positions) {
  return values(labels.index_select(0, positions).bincount());
}

TEST(Replay, DrawsTheSameShareOfEveryCategory) {
  const at::Tensor labels = at::cat({at::full({40}, 0, at::kLong), at::full({30}, 1, at::kLong),
                                     at::full({5}, 2, at::kLong), at::full({50}, 3, at::kLong)});
  const at::Tensor all = at::arange(labels.numel(), at::kLong);
  const at::Tensor tenth = replayed_positions({2, 0, 1}, labels, all, 10, 7);
  EXPECT_THAT(counts(labels, tenth), ElementsAre(4, 3, 1)) << "half a sample is one, and none is drawn of category 3";
  EXPECT_TRUE(at::equal(tenth, std::get<0>(tenth.sort())));
  EXPECT_TRUE(at::equal(tenth, replayed_positions({0, 1, 2}, labels, all, 10, 7))) << "the seed alone decides";
  EXPECT_FALSE(at::equal(tenth, replayed_positions({0, 1, 2}, labels, all, 10, 8)));
  const at::Tensor more = replayed_positions({0, 1, 2}, labels, all, 20, 7);
  EXPECT_TRUE(at::isin(tenth, more).all().item<bool>());
  EXPECT_THAT(counts(labels, replayed_positions({0, 1, 2}, labels, all, 100, 7)), ElementsAre(40, 30, 5));
  EXPECT_THAT(counts(labels, replayed_positions({2}, labels, all, 5, 7)).back(), 1) << "at least one";
}

}  // namespace
}  // namespace neusemslice
