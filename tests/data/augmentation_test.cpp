#include "data/augmentation.hpp"

#include <cmath>
#include <map>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "data/batch_source.hpp"
#include "support/gpu.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

constexpr std::uint64_t kSeed = 7;
constexpr std::int64_t kEpoch = 3;

LabelledImages some_images(std::int64_t count, const std::vector<std::int64_t>& shape = {2, 5, 4}) {
  return random_problem(41, {.image = shape, .samples = count}).dataset.training;
}

/// The centre 3 x 2 of 6 x 6 that is kept.
LabelledImages centre_crops(std::int64_t count) {
  LabelledImages images = some_images(count, {2, 6, 6});
  images.uncropped = images.images;
  images.images = images.uncropped.slice(2, 2, 5).slice(3, 2, 4);
  return images;
}

at::Tensor augmented(const AugmentationConfig& config, const LabelledImages& images, std::int64_t epoch = kEpoch) {
  const Augmentation augmentation(config, images, images.size(), kSeed, epoch, at::kCPU);
  return augmentation(Augmentation::source(images), 0);
}

/// The definition, pixel by pixel, with draws straight from the stream.
at::Tensor by_hand(const AugmentationConfig& config, const LabelledImages& images) {
  const at::Tensor& whole = Augmentation::source(images);
  const std::int64_t height = images.images.size(2);
  const std::int64_t width = images.images.size(3);
  const std::int64_t padding = config.crop_padding;
  RandomStream stream(kSeed, "augmentation/epoch 3");
  at::Tensor result = at::zeros(images.images.sizes(), at::kByte);
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const auto draw = [&](std::int64_t bound) {
      return static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(bound)));
    };
    const std::int64_t top = draw(whole.size(2) + 2 * padding - height + 1) - padding;
    const std::int64_t left = draw(whole.size(3) + 2 * padding - width + 1) - padding;
    const bool mirrored = config.flip && draw(2) == 1;
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        const std::int64_t row = top + y;
        const std::int64_t column = left + (mirrored ? width - 1 - x : x);
        if (row < 0 || row >= whole.size(2) || column < 0 || column >= whole.size(3)) continue;
        result.select(0, i).select(1, y).select(1, x).copy_(whole.select(0, i).select(1, row).select(1, column));
      }
    }
  }
  return result;
}

TEST(Augmentation, IsWhatItsDefinitionSays) {
  for (const AugmentationConfig& config :
       {AugmentationConfig{.crop_padding = 2, .flip = true}, AugmentationConfig{.crop_padding = 1, .flip = false},
        AugmentationConfig{.crop_padding = 0, .flip = true}}) {
    EXPECT_TRUE(bits_equal(augmented(config, some_images(40)), by_hand(config, some_images(40))));
    EXPECT_TRUE(bits_equal(augmented(config, centre_crops(40)), by_hand(config, centre_crops(40))));
  }
}

TEST(Augmentation, OfOneRowIsReadOffTheImage) {
  LabelledImages image;
  image.images = at::arange(1, 4).to(at::kByte).view({1, 1, 1, 3}).repeat({200, 1, 1, 1});
  image.labels = at::zeros({200}, at::kLong);
  // The row 1 2 3 with one black pixel around it and a black row above and below: six pictures and their mirrors.
  std::map<std::vector<std::int64_t>, int> counts;
  const at::Tensor rows = augmented({.crop_padding = 1, .flip = true}, image).view({200, 3});
  for (std::int64_t i = 0; i < 200; ++i) {
    const at::Tensor row = rows[i].to(at::kLong);
    ++counts[{row[0].item<std::int64_t>(), row[1].item<std::int64_t>(), row[2].item<std::int64_t>()}];
  }
  const std::map<std::vector<std::int64_t>, double> probabilities = {
      {{0, 0, 0}, 2.0 / 3},  {{0, 1, 2}, 1.0 / 18}, {{1, 2, 3}, 1.0 / 18}, {{2, 3, 0}, 1.0 / 18},
      {{2, 1, 0}, 1.0 / 18}, {{3, 2, 1}, 1.0 / 18}, {{0, 3, 2}, 1.0 / 18}};
  for (const auto& [row, count] : counts) {
    ASSERT_TRUE(probabilities.contains(row)) << row[0] << row[1] << row[2];
    const double expected = 200 * probabilities.at(row);
    EXPECT_NEAR(count, expected, 4 * std::sqrt(expected)) << row[0] << row[1] << row[2];
  }
  EXPECT_EQ(counts.size(), probabilities.size());
}

TEST(Augmentation, DiffersFromEpochToEpochAndNotFromCallToCall) {
  const LabelledImages images = some_images(30);
  const AugmentationConfig config{.crop_padding = 2, .flip = true};
  EXPECT_TRUE(bits_equal(augmented(config, images), augmented(config, images)));
  EXPECT_FALSE(bits_equal(augmented(config, images), augmented(config, images, kEpoch + 1)));
}

std::vector<Batch> batches_from(const LabelledImages& images, std::int64_t batch_size, std::int64_t first,
                                at::Device device = at::kCPU) {
  const at::Tensor positions = index_tensor(random_order(5, images.size()));
  BatchSource batches(images, {.mean = {0.5, 0.4}, .deviation = {0.3, 0.2}}, device, positions, batch_size, first,
                      Augmentation({.crop_padding = 1, .flip = true}, images, images.size(), kSeed, kEpoch, device));
  std::vector<Batch> result;
  while (!batches.done()) result.push_back(batches.next());
  return result;
}

at::Tensor joined(const std::vector<Batch>& batches) {
  std::vector<at::Tensor> images;
  for (const Batch& batch : batches) images.push_back(batch.images.cpu());
  return at::cat(images);
}

TEST(AugmentedBatches, DoNotDependOnTheBatchSizeNorOnWhereOneBegins) {
  for (const LabelledImages& images : {some_images(50), centre_crops(50)}) {
    const at::Tensor all = joined(batches_from(images, 50, 0));
    EXPECT_TRUE(bits_equal(joined(batches_from(images, 7, 0)), all));
    EXPECT_TRUE(bits_equal(joined(batches_from(images, 7, 4)), all.slice(0, 28)));
  }
}

TEST(AugmentedBatches, LeaveTheDataAlone) {
  const LabelledImages images = centre_crops(20);
  const at::Tensor before = images.uncropped.clone();
  batches_from(images, 6, 0);
  EXPECT_TRUE(bits_equal(images.uncropped, before));
}

TEST(AugmentedBatches, BlackIsNormalisedLikeAnyPixel) {
  LabelledImages images;
  images.images = at::full({50, 1, 2, 2}, 255, at::kByte);
  images.labels = at::zeros({50}, at::kLong);
  BatchSource batches(images, {.mean = {0.5}, .deviation = {0.25}}, at::kCPU, at::arange(50), 50, 0,
                      Augmentation({.crop_padding = 2, .flip = false}, images, 50, kSeed, kEpoch, at::kCPU));
  const at::Tensor batch = batches.next().images;
  EXPECT_EQ(batch.min().item<float>(), -2.0F);  // (0 - 0.5) / 0.25
  EXPECT_EQ(batch.max().item<float>(), 2.0F);
}

class AugmentationOnAGpu : public OnAGpu {};

TEST_F(AugmentationOnAGpu, GivesTheBatchesOfTheCpu) {
  for (const LabelledImages& images : {some_images(100), centre_crops(100)}) {
    const at::Tensor expected = joined(batches_from(images, 9, 0));
    EXPECT_LE(relative_to_largest(joined(batches_from(images, 9, 0, gpu_)), expected), 1e-6) << "from a copy";
    const at::Tensor positions = index_tensor(random_order(5, images.size()));
    const BatchPreparation prepare(
        {.mean = {0.5, 0.4}, .deviation = {0.3, 0.2}}, gpu_,
        Augmentation({.crop_padding = 1, .flip = true}, images, images.size(), kSeed, kEpoch, gpu_));
    StagedBatches staged(images, prepare, gpu_, positions, 9);
    std::vector<Batch> batches;
    for (std::int64_t i = 0; i < 12; ++i) batches.push_back(staged.get(i));
    EXPECT_LE(relative_to_largest(joined(batches), expected), 1e-6) << "staged";
  }
}

TEST_F(AugmentationOnAGpu, CentreCropsAreTakenFromTheCopyOfTheWhole) {
  const LabelledImages images = centre_crops(30);
  BatchSource on_cpu(images, {}, at::kCPU, at::arange(30), 30);
  BatchSource on_gpu(images, {}, gpu_, at::arange(30), 30);
  EXPECT_LE(relative_to_largest(on_gpu.next().images.cpu(), on_cpu.next().images), 1e-6);
}

}  // namespace
}  // namespace neusemslice
