#include "contribution/batch_size.hpp"

#include <gmock/gmock.h>

#include "models/zoo.hpp"

namespace neusemslice {
namespace {

Architecture vgg19(std::int64_t side) {
  return make_vgg(19, {3, side, side}, 10);
}

std::int64_t batch_size(const Architecture& architecture, std::int64_t asked_for) {
  ContributionConfig config;
  config.batch_size = asked_for;
  return scoring_batch_size(architecture, derive_units(architecture), config);
}

TEST(ScoringBatchSize, IsWhatTheConfigSaysWhereItFits) {
  EXPECT_EQ(batch_size(make_mlp({1, 28, 28}, {512, 256}, 10), 512), 512);
  EXPECT_EQ(batch_size(make_alexnet_cifar({3, 32, 32}, 10), 128), 128);
}

TEST(ScoringBatchSize, OfVgg19OnLargeImagesIsAFewSamples) {
  // Convolutions and their ReLUs hold 118 MB of a sample, the widest layer's gradients of two passes 103 MB.
  EXPECT_EQ(batch_size(vgg19(224), 512), 9);
  EXPECT_EQ(batch_size(vgg19(224), 4), 4);
}

TEST(ScoringBatchSize, IsNeverBelowOneSample) {
  EXPECT_EQ(batch_size(vgg19(1120), 512), 1);
}

TEST(ForwardBatchSize, FitsTheWidestLayer) {
  EXPECT_EQ(forward_batch_size(make_mlp({1, 28, 28}, {512, 256}, 10)), 256);
  EXPECT_EQ(forward_batch_size(vgg19(224)), 1'000'000'000 / (4 * 64 * 224 * 224 * 4));
}

}  // namespace
}  // namespace neusemslice
