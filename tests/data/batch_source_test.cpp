#include "data/batch_source.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "support/gpu.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

const Normalisation kNormalisation{.mean = {0.5}, .deviation = {0.25}};

LabelledImages some_images(std::int64_t count) {
  return random_problem(41, {.image = {1, 5, 3}, .samples = count}).dataset.training;
}

std::vector<Batch> all_of(BatchSource batches) {
  std::vector<Batch> result;
  while (!batches.done()) result.push_back(batches.next());
  return result;
}

TEST(BatchSource, GivesTheImagesAndLabelsAtThePositionsInTheirOrder) {
  const LabelledImages images = some_images(20);
  const at::Tensor positions = index_tensor({3, 19, 0, 0, 7, 11, 2});
  const auto pieces = positions.split(3);
  const auto batches = all_of({images, kNormalisation, at::kCPU, positions, 3});
  ASSERT_EQ(batches.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(bits_equal(batches[i].images, gather_images(images.images, pieces[i], kNormalisation, at::kCPU)));
    EXPECT_TRUE(bits_equal(batches[i].labels, images.labels.index_select(0, pieces[i])));
  }
}

TEST(BatchSource, BeginsAtAnyBatch) {
  const LabelledImages images = some_images(20);
  const auto all = all_of({images, {}, at::kCPU, at::arange(20), 6});
  for (std::int64_t first = 0; first <= 4; ++first) {
    const auto rest = all_of({images, {}, at::kCPU, at::arange(20), 6, first});
    ASSERT_EQ(rest.size(), static_cast<std::size_t>(4 - first));
    for (std::size_t i = 0; i < rest.size(); ++i) {
      EXPECT_TRUE(bits_equal(rest[i].images, all[static_cast<std::size_t>(first) + i].images));
    }
  }
  EXPECT_THROW(BatchSource(images, {}, at::kCPU, at::arange(20), 6, 5), Error);
}

TEST(BatchSource, OfNoPositionsIsOneEmptyBatch) {
  const auto batches = all_of({some_images(4), {}, at::kCPU, index_tensor({}), 6});
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].images.sizes(), at::IntArrayRef({0, 1, 5, 3}));
  EXPECT_EQ(batches[0].labels.numel(), 0);
}

TEST(BatchSource, HasNoMoreThanItsBatches) {
  BatchSource batches(some_images(4), {}, at::kCPU, at::arange(4), 4);
  batches.next();
  EXPECT_TRUE(batches.done());
  EXPECT_THROW(batches.next(), Error);
}

/// A GPU may multiply by 1/255 where the CPU divides: one rounding more.
void expect_close(const Batch& actual, const Batch& expected) {
  EXPECT_TRUE(actual.images.is_cuda() && actual.labels.is_cuda());
  EXPECT_LE(relative_to_largest(actual.images.cpu(), expected.images), 1e-6);
  EXPECT_TRUE(bits_equal(actual.labels.cpu(), expected.labels));
}

class BatchSourceOnAGpu : public OnAGpu {};

TEST_F(BatchSourceOnAGpu, GivesTheBatchesOfTheCpu) {
  const LabelledImages images = some_images(100);
  const at::Tensor positions = index_tensor(random_order(5, 100));
  const auto expected = all_of({images, kNormalisation, at::kCPU, positions, 7});
  for (int round = 0; round < 2; ++round) {  // the second finds the copy
    const auto batches = all_of({images, kNormalisation, gpu_, positions, 7});
    ASSERT_EQ(batches.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) expect_close(batches[i], expected[i]);
  }
  EXPECT_EQ(all_of({images, {}, gpu_, index_tensor({}), 7}).at(0).images.numel(), 0);
}

TEST_F(BatchSourceOnAGpu, GivesNewLabelsAlsoWhereTheImagesAreThere) {
  LabelledImages images = some_images(10);
  all_of({images, {}, gpu_, at::arange(10), 10});
  images.labels = at::full_like(images.labels, 3);
  EXPECT_TRUE(all_of({images, {}, gpu_, at::arange(10), 10}).at(0).labels.eq(3).all().item<bool>());
}

TEST_F(BatchSourceOnAGpu, StagedBatchesKeepTheirContentsWhileLaterOnesTravel) {
  const LabelledImages images = some_images(1000);
  const at::Tensor positions = index_tensor(random_order(6, 1000));
  const auto expected = all_of({images, kNormalisation, at::kCPU, positions, 11});
  StagedBatches staged(images, {kNormalisation, gpu_}, gpu_, positions, 11);
  std::vector<Batch> batches;  // kept, and read only when all copies have run
  for (std::size_t i = 0; i < expected.size(); ++i) batches.push_back(staged.get(static_cast<std::int64_t>(i)));
  for (std::size_t i = 0; i < expected.size(); ++i) expect_close(batches[i], expected[i]);
}

TEST_F(BatchSourceOnAGpu, StagedBatchesMayBeginAnywhereAndBeLeftEarly) {
  const LabelledImages images = some_images(100);
  const auto expected = all_of({images, {}, at::kCPU, at::arange(100), 30});
  for (std::int64_t first = 0; first < 4; ++first) {
    StagedBatches staged(images, {{}, gpu_}, gpu_, at::arange(100), 30);
    expect_close(staged.get(first), expected[static_cast<std::size_t>(first)]);
  }
}

}  // namespace
}  // namespace neusemslice
