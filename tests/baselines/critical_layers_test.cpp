#include "baselines/critical_layers.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

using testing::ElementsAre;

TEST(SimilarityLosses, AreSummedOverTheAttacks) {
  const std::vector<double> losses = similarity_losses({{1, .95, .90, .60, .62, .30}, {1, .99, .80, .70, .65, .40}});
  EXPECT_THAT(losses, testing::Pointwise(testing::DoubleNear(1e-12), std::vector<double>{0, .06, .24, .40, .03, .57}));
  EXPECT_THAT(critical_layers(losses, 2), ElementsAre(5, 3));
}

TEST(SimilarityLosses, NeedAsManyLayersUnderEveryAttack) {
  EXPECT_THROW((void)similarity_losses({{1, 0.9}, {1, 0.9, 0.8}}), Error);
  EXPECT_THROW((void)similarity_losses({}), Error);
}

TEST(CriticalLayers, NeverHoldTheFirstEvenWhereAllOthersGain) {
  EXPECT_THAT(critical_layers({0, -0.2, -0.1}, 1), ElementsAre(2));
  EXPECT_THAT(critical_layers({0, -0.2, -0.1}, 5), ElementsAre(2, 1));
}

TEST(CriticalLayers, OfEqualLossesComeInTheirOrder) {
  EXPECT_THAT(critical_layers({0, 0.5, 0.7, 0.5, 0.5}, 3), ElementsAre(2, 1, 3));
}

TEST(CriticalLayers, OfNoLayersAreNone) {
  EXPECT_THAT(critical_layers({}, 3), testing::IsEmpty());
}

}  // namespace
}  // namespace neusemslice
