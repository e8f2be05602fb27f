#include "baselines/compared_layers.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/zoo.hpp"

namespace neusemslice {
namespace {

using testing::ElementsAre;

/// ResNet-18, a sixteenth as wide: four stages of two basic blocks, the first of 4 channels.
Architecture small_resnet() {
  return make_resnet_cifar(18, {1, 8, 8}, 3, 1.0 / 16);
}

std::vector<std::string> names(const std::vector<ComparedLayer>& layers) {
  std::vector<std::string> result;
  for (const ComparedLayer& layer : layers) result.push_back(layer.name);
  return result;
}

std::vector<std::string> removable_names(std::vector<ComparedLayer> layers) {
  std::erase_if(layers, [](const ComparedLayer& layer) { return !layer.removable; });
  return names(layers);
}

TEST(ComparedLayers, OfAnMlpAreItsHiddenLayersAtTheirReLUs) {
  // input, flatten, fc1, ReLU, fc2, ReLU, fc3
  const Architecture mlp = make_mlp({1, 2, 2}, {3, 2}, 2);
  EXPECT_EQ(natural_granularity(mlp), Granularity::taps);
  EXPECT_THAT(compared_layers(mlp, Granularity::taps),
              ElementsAre(ComparedLayer{"fc1", 1, 3, true}, ComparedLayer{"fc2", 3, 5, true}));
}

TEST(ComparedLayers, IncludeTheDropoutInFront) {
  const Architecture alexnet = make_alexnet_cifar({3, 32, 32}, 10);
  const ComparedLayer last = compared_layers(alexnet, Granularity::taps).back();
  EXPECT_EQ(last.name, "classifier.1");
  EXPECT_EQ(alexnet.nodes[static_cast<std::size_t>(last.input)].operation, Operation::flatten);
  EXPECT_EQ(alexnet.nodes[static_cast<std::size_t>(last.output)].operation, Operation::relu);
}

TEST(ComparedLayers, OfAResNetAreItsBlocksOfWhichThoseThatAddToTheirInputCanGo) {
  const Architecture resnet = small_resnet();
  EXPECT_EQ(natural_granularity(resnet), Granularity::blocks);
  const auto blocks = compared_layers(resnet, Granularity::blocks);
  EXPECT_THAT(names(blocks), ElementsAre("layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1",
                                         "layer4.0", "layer4.1"));
  EXPECT_THAT(removable_names(blocks), ElementsAre("layer1.1", "layer2.1", "layer3.1", "layer4.1"));
  for (std::size_t i = 1; i < blocks.size(); ++i) EXPECT_EQ(blocks[i].input, blocks[i - 1].output);
}

TEST(ComparedLayers, OfAResNetsTapsCountLayersThatAreAddedOnceAndStay) {
  const auto taps = compared_layers(small_resnet(), Granularity::taps);
  ASSERT_EQ(taps.size(), 17U);
  EXPECT_THAT(names({taps.begin(), taps.begin() + 7}),
              ElementsAre("conv1", "layer1.0.conv1", "layer1.0.conv2", "layer1.1.conv1", "layer1.1.conv2",
                          "layer2.0.conv1", "layer2.0.conv2"));
  EXPECT_THAT(removable_names(taps), testing::IsEmpty());
}

TEST(ComparedLayers, OfResNet101AreThirtyThreeBlocksOrAHundredTaps) {
  const Architecture resnet = make_resnet_cifar(101, {3, 32, 32}, 10);
  EXPECT_EQ(compared_layers(resnet, Granularity::blocks).size(), 33U);
  EXPECT_EQ(removable_names(compared_layers(resnet, Granularity::blocks)).size(), 29U);
  EXPECT_EQ(compared_layers(resnet, Granularity::taps).size(), 100U);
}

TEST(ComparedLayers, OfBlocksNeedResidualBlocks) {
  EXPECT_THROW((void)compared_layers(make_mlp({1, 2, 2}, {3}, 2), Granularity::blocks), InputError);
}

}  // namespace
}  // namespace neusemslice
