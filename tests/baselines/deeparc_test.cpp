#include "baselines/deeparc.hpp"

#include <gmock/gmock.h>

namespace neusemslice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FindModules, GrowsStrictlyAboveTheThreshold) {
  const auto modules = find_modules({0.995, 0.97, 0.999, 0.9901, 0.99, 0.992}, 0.99);
  EXPECT_THAT(modules, ElementsAre(LayerModule{0, 1}, LayerModule{2, 4}, LayerModule{5, 6}));
  EXPECT_EQ(modularity(modules), 1);
}

TEST(FindModules, LeavesATrailingLayerAlone) {
  const auto modules = find_modules({0.995, 0.97, 0.999, 0.9901, 0.99, 0.92}, 0.99);
  EXPECT_THAT(modules, ElementsAre(LayerModule{0, 1}, LayerModule{2, 4}, LayerModule{5, 5}, LayerModule{6, 6}));
  EXPECT_DOUBLE_EQ(modularity(modules), 5.0 / 7.0);
}

TEST(FindModules, ComparesNeighboursOnlySoThatAModuleMayDrift) {
  EXPECT_THAT(find_modules({0.991, 0.992, 0.993}), ElementsAre(LayerModule{0, 3}));
}

TEST(FindModules, OfOneLayerIsThatLayer) {
  const auto modules = find_modules({});
  EXPECT_THAT(modules, ElementsAre(LayerModule{0, 0}));
  EXPECT_EQ(modularity(modules), 0);
}

TEST(AdjacentSimilarities, AreTheDiagonalAboveTheMainOne) {
  const at::Tensor similarity = at::arange(9, at::kDouble).view({3, 3});
  EXPECT_THAT(adjacent_similarities(similarity), ElementsAre(1, 5));
}

std::vector<ComparedLayer> layers(const std::vector<bool>& removable) {
  std::vector<ComparedLayer> result;
  for (const bool can_go : removable) result.push_back({.name = "layer", .removable = can_go});
  return result;
}

TEST(RedundantLayers, AreAllOfAModuleButTheFirst) {
  EXPECT_THAT(redundant_layers(layers({true, true, true, true, true, true, true}), {{0, 1}, {2, 4}, {5, 5}, {6, 6}}),
              ElementsAre(1, 3, 4));
}

TEST(RedundantLayers, AreOnlyWhatCanBeTakenOut) {
  EXPECT_THAT(redundant_layers(layers({false, true, false, true}), {{0, 3}}), ElementsAre(1, 3));
}

TEST(RedundantLayers, AreNoneWhereEveryLayerDiffersFromTheNext) {
  EXPECT_THAT(redundant_layers(layers({true, true}), {{0, 0}, {1, 1}}), IsEmpty());
}

}  // namespace
}  // namespace neusemslice
