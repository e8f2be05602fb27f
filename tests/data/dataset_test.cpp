#include "data/dataset.hpp"

#include <gmock/gmock.h>

#include "support/problem.hpp"

namespace neusemslice {
namespace {

using test_support::index_tensor;

/// Two images of two channels and one pixel.
at::Tensor two_images() {
  return at::tensor(std::vector<std::int64_t>{0, 51, 255, 102}, at::TensorOptions(at::kLong))
      .to(at::kByte)
      .view({2, 2, 1, 1});
}

TEST(GatherImages, DividesBy255) {
  const at::Tensor batch = gather_images(two_images(), index_tensor({1, 0, 1}), {}, at::kCPU);
  EXPECT_EQ(batch.scalar_type(), at::kFloat);
  EXPECT_EQ(batch.sizes(), at::IntArrayRef({3, 2, 1, 1}));
  EXPECT_EQ(batch[0][0].item<float>(), 1.0F);
  EXPECT_EQ(batch[0][1].item<float>(), 102.0F / 255.0F);
  EXPECT_EQ(batch[1][0].item<float>(), 0.0F);
  EXPECT_EQ(batch[2][1].item<float>(), 102.0F / 255.0F);
}

TEST(GatherImages, EveryByteIsExactlyItsQuotient) {
  const at::Tensor images = at::arange(256).to(at::kByte).view({256, 1, 1, 1});
  const at::Tensor batch = gather_images(images, at::arange(256), {}, at::kCPU);
  for (int pixel = 0; pixel < 256; ++pixel) {
    EXPECT_EQ(batch[pixel].item<float>(), static_cast<float>(pixel) / 255.0F);
  }
}

TEST(GatherImages, NormalisesEachChannelByItsOwnMeanAndDeviation) {
  const Normalisation normalisation{.mean = {0.5, 0.2}, .deviation = {0.25, 0.1}};
  const at::Tensor batch = gather_images(two_images(), index_tensor({0, 1}), normalisation, at::kCPU);
  EXPECT_FLOAT_EQ(batch[0][0].item<float>(), -2.0F);   // (0 - 0.5) / 0.25
  EXPECT_NEAR(batch[0][1].item<float>(), 0.0F, 1e-6);  // (0.2 - 0.2) / 0.1
  EXPECT_FLOAT_EQ(batch[1][0].item<float>(), 2.0F);    // (1 - 0.5) / 0.25
  EXPECT_FLOAT_EQ(batch[1][1].item<float>(), 2.0F);    // (0.4 - 0.2) / 0.1
}

TEST(GatherImages, LeavesTheBytesAlone) {
  const at::Tensor images = two_images();
  gather_images(images, index_tensor({0, 1}), {.mean = {0.5, 0.5}, .deviation = {0.5, 0.5}}, at::kCPU);
  EXPECT_TRUE(at::equal(images, two_images()));
}

TEST(GatherImages, OfNothingIsAnEmptyBatch) {
  EXPECT_EQ(gather_images(two_images(), index_tensor({}), {}, at::kCPU).sizes(), at::IntArrayRef({0, 2, 1, 1}));
}

}  // namespace
}  // namespace neusemslice
