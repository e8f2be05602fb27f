#include "models/units.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/network_builder.hpp"
#include "models/zoo.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Architecture paper_mlp() {
  return make_mlp({1, 28, 28}, {512, 256}, 10);
}

const UnitLayer& layer_named(const UnitGraph& units, const std::string& name) {
  return *std::ranges::find(units.layers, name, &UnitLayer::name);
}

std::vector<std::string> group_members(const UnitGraph& units, const std::string& layer) {
  std::vector<std::string> names;
  for (const std::size_t member : units.groups[layer_named(units, layer).group].layers) {
    names.push_back(units.layers[member].name);
  }
  return names;
}

TEST(DeriveUnits, OfAnMlpAreTheHiddenLayersOnly) {
  const UnitGraph units = derive_units(paper_mlp());
  ASSERT_EQ(units.layers.size(), 2U);
  EXPECT_EQ(units.total_units(), 768);
  EXPECT_EQ(units.layers[0].name, "fc1");
  EXPECT_EQ(units.layers[0].units, 512);
  EXPECT_EQ(units.layers[1].name, "fc2");
  EXPECT_EQ(units.layers[1].units, 256);
}

TEST(DeriveUnits, AreMadeByRowsAndReadByTheNextLayersColumns) {
  const UnitGraph units = derive_units(paper_mlp());
  ASSERT_EQ(units.groups.size(), 2U);
  EXPECT_THAT(units.groups[0].produced_by,
              ElementsAre(ParameterSlot{"fc1.weight", 0, 1}, ParameterSlot{"fc1.bias", 0, 1}));
  EXPECT_THAT(units.groups[0].read_by, ElementsAre(ParameterSlot{"fc2.weight", 1, 1}));
  EXPECT_THAT(units.groups[0].measured_by, IsEmpty());
  EXPECT_THAT(units.groups[1].produced_by,
              ElementsAre(ParameterSlot{"fc2.weight", 0, 1}, ParameterSlot{"fc2.bias", 0, 1}));
  EXPECT_THAT(units.groups[1].read_by, ElementsAre(ParameterSlot{"fc3.weight", 1, 1}));
}

TEST(DeriveUnits, TheTapIsTheReluBehindTheProducer) {
  const Architecture mlp = paper_mlp();
  for (const UnitLayer& layer : derive_units(mlp).layers) {
    EXPECT_EQ(mlp.nodes[static_cast<std::size_t>(layer.producer)].name, layer.name);
    EXPECT_EQ(mlp.nodes[static_cast<std::size_t>(layer.tap)].operation, Operation::relu);
    EXPECT_EQ(mlp.nodes[static_cast<std::size_t>(layer.tap)].inputs, std::vector<std::int64_t>{layer.producer});
  }
}

TEST(DeriveUnits, ABatchNormsScaleShiftAndStatisticsGoWithTheUnit) {
  const Architecture vgg = make_vgg_cifar(16, {3, 32, 32}, 10);
  const UnitGraph units = derive_units(vgg);
  EXPECT_EQ(units.layers.size(), 13U);
  EXPECT_EQ(units.total_units(), 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512);
  const UnitGroup& first = units.groups[0];
  EXPECT_THAT(first.produced_by,
              ElementsAre(ParameterSlot{"features.0.weight", 0, 1}, ParameterSlot{"features.0.bias", 0, 1},
                          ParameterSlot{"features.1.weight", 0, 1}, ParameterSlot{"features.1.bias", 0, 1}));
  EXPECT_THAT(first.measured_by, ElementsAre(ParameterSlot{"features.1.running_mean", 0, 1},
                                             ParameterSlot{"features.1.running_var", 0, 1}));
  EXPECT_THAT(first.read_by, ElementsAre(ParameterSlot{"features.3.weight", 1, 1}));
  // z is the convolution's own output; the tap is behind batch norm and ReLU, before the pooling.
  EXPECT_EQ(layer_named(units, "features.0").producer, 1);
  EXPECT_EQ(layer_named(units, "features.0").tap, 3);
}

TEST(DeriveUnits, BehindAFlatteningAUnitIsReadByAsManyColumnsAsItHasPositions) {
  const UnitGraph alexnet = derive_units(make_alexnet_cifar({3, 32, 32}, 10));
  const auto readers = [](const UnitGraph& units, const std::string& layer) {
    return units.groups[layer_named(units, layer).group].read_by;
  };
  EXPECT_THAT(readers(alexnet, "features.10"), ElementsAre(ParameterSlot{"classifier.1.weight", 1, 4 * 4}));
  const UnitGraph vgg = derive_units(make_vgg(19, {3, 224, 224}, 10));
  EXPECT_THAT(readers(vgg, "features.34"), ElementsAre(ParameterSlot{"classifier.0.weight", 1, 7 * 7}));
  EXPECT_THAT(readers(vgg, "classifier.3"), ElementsAre(ParameterSlot{"classifier.6.weight", 1, 1}));
}

TEST(DeriveUnits, BasicBlocksCoupleTheStemWithTheFirstStage) {
  for (const Architecture& resnet : {make_resnet(18, {3, 224, 224}, 10), make_resnet_cifar(18, {3, 32, 32}, 10)}) {
    const UnitGraph units = derive_units(resnet);
    EXPECT_EQ(units.layers.size(), 1U + 16 + 3);  // stem, two for each block, three downsamples
    EXPECT_EQ(units.groups.size(), 4U + 8);       // a group for each stage, one for each conv1 of a block
    EXPECT_THAT(group_members(units, "conv1"), ElementsAre("conv1", "layer1.0.conv2", "layer1.1.conv2"));
    EXPECT_THAT(group_members(units, "layer2.0.conv2"),
                ElementsAre("layer2.0.conv2", "layer2.0.downsample.0", "layer2.1.conv2"));
    EXPECT_THAT(group_members(units, "layer2.0.conv1"), ElementsAre("layer2.0.conv1"));
  }
}

TEST(DeriveUnits, LayersOfDifferentUnitsThatAreAddedAreRefused) {
  NetworkBuilder builder("sum", {1, 4, 4});
  builder.convolution("conv", 4, 3, 1, 1, true);
  builder.relu();
  const std::int64_t flat = builder.flatten();  // 64 values of 4 units
  builder.linear("fc1", 64);
  builder.add(flat, builder.last());
  builder.relu();
  builder.linear("fc2", 3);
  const Architecture architecture = std::move(builder).build(Initialisation::uniform);
  EXPECT_THAT(message_of<InputError>([&] { derive_units(architecture); }),
              HasSubstr("layers 'conv' and 'fc1' are added together, but have 4 and 64 units"));
}

TEST(DeriveUnits, BottlenecksCoupleOnlyTheirLastConvolutionsAndDownsamples) {
  const UnitGraph units = derive_units(make_resnet_cifar(50, {3, 32, 32}, 10));
  EXPECT_EQ(units.layers.size(), 1U + 3 * 16 + 4);
  EXPECT_EQ(units.groups.size(), 1U + 2 * 16 + 4);
  EXPECT_THAT(group_members(units, "conv1"), ElementsAre("conv1"));
  EXPECT_THAT(group_members(units, "layer1.0.conv3"),
              ElementsAre("layer1.0.conv3", "layer1.0.downsample.0", "layer1.1.conv3", "layer1.2.conv3"));
  for (const std::string free : {"layer3.2.conv1", "layer3.2.conv2"}) {
    EXPECT_THAT(group_members(units, free), ElementsAre(free));
  }
}

TEST(DeriveUnits, AGroupIsReadByTheNextBlocksTheNextStageAndTheClassifier) {
  const UnitGraph units = derive_units(make_resnet_cifar(50, {3, 32, 32}, 10));
  const auto readers = [&](const std::string& layer) {
    std::vector<std::string> names;
    for (const ParameterSlot& slot : units.groups[layer_named(units, layer).group].read_by) {
      names.push_back(slot.parameter);
    }
    return names;
  };
  EXPECT_THAT(readers("layer1.0.conv3"), ElementsAre("layer1.1.conv1.weight", "layer1.2.conv1.weight",
                                                     "layer2.0.conv1.weight", "layer2.0.downsample.0.weight"));
  EXPECT_THAT(readers("layer4.2.conv3"), ElementsAre("layer4.1.conv1.weight", "layer4.2.conv1.weight", "fc.weight"));
}

TEST(DeriveUnits, WhatIsAddedTogetherHasItsTapBehindTheAddition) {
  const Architecture resnet = make_resnet(50, {3, 224, 224}, 10);
  const UnitGraph units = derive_units(resnet);
  const std::int64_t tap = layer_named(units, "layer1.0.conv3").tap;
  EXPECT_EQ(layer_named(units, "layer1.0.downsample.0").tap, tap);
  EXPECT_NE(layer_named(units, "layer1.1.conv3").tap, tap);
  const auto node = [&](std::int64_t index) { return resnet.nodes[static_cast<std::size_t>(index)]; };
  EXPECT_EQ(node(tap).operation, Operation::relu);
  EXPECT_EQ(node(node(tap).inputs[0]).operation, Operation::add);
  // The stem's tap is before the pooling.
  EXPECT_EQ(node(layer_named(units, "conv1").tap + 1).operation, Operation::max_pool);
}

/// A network whose first layer is added to the images, and whose last but one is added to the logits.
Architecture with_fixed_channels() {
  NetworkBuilder builder("fixed", {3, 8, 8});
  builder.convolution("as_input", 3, 3, 1, 1, true);
  builder.add(builder.last(), 0);
  builder.relu();
  builder.convolution("free", 5, 3, 2, 1, true);
  builder.relu();
  builder.flatten();
  const std::int64_t as_logits = builder.linear("as_logits", 4);
  const std::int64_t inner = builder.relu();
  builder.linear("head", 4);
  builder.add(builder.last(), inner);
  EXPECT_EQ(inner, as_logits + 1);
  return std::move(builder).build(Initialisation::uniform);
}

TEST(DeriveUnits, ChannelsThatAreAddedToTheImageOrToTheLogitsAreNoUnits) {
  const UnitGraph units = derive_units(with_fixed_channels());
  ASSERT_EQ(units.layers.size(), 1U);
  EXPECT_EQ(units.layers[0].name, "free");
  EXPECT_THAT(units.groups[0].read_by, ElementsAre(ParameterSlot{"as_logits.weight", 1, 4 * 4}));
}

TEST(DeriveUnits, ALayerWithoutAReluIsRefusedByName) {
  NetworkBuilder builder("linear", {1, 2, 2});
  builder.flatten();
  builder.linear("first", 3);
  builder.linear("second", 2);
  const Architecture architecture = std::move(builder).build(Initialisation::uniform);
  EXPECT_THAT(message_of<InputError>([&] { derive_units(architecture); }), HasSubstr("'first'"));
}

TEST(ShrunkenArchitecture, NarrowsTheLayerAndWhatReadsIt) {
  const Architecture mlp = paper_mlp();
  const KeptUnits kept = {{"fc1", {0, 5, 511}}};
  EXPECT_EQ(shrunken_architecture(mlp, derive_units(mlp), kept), make_mlp({1, 28, 28}, {3, 256}, 10));
  EXPECT_EQ(shrunken_architecture(mlp, derive_units(mlp), {}), mlp);
}

TEST(ShrunkenArchitecture, OfEveryZooMemberToTheFirstHalfOfItsUnitsIsTheHalfWideOne) {
  for (const std::string& name : model_names()) {
    const bool small = name.ends_with("-cifar");
    const bool grey = name == "mlp" || name == "lenet5";
    const std::vector<std::int64_t> image = grey    ? std::vector<std::int64_t>{1, 28, 28}
                                            : small ? std::vector<std::int64_t>{3, 32, 32}
                                                    : std::vector<std::int64_t>{3, 64, 64};
    const Architecture full = make_architecture({.name = name}, image, 10);
    const UnitGraph units = derive_units(full);
    KeptUnits kept;
    for (const UnitLayer& layer : units.layers) {
      for (std::int64_t unit = 0; unit < layer.units / 2; ++unit) kept[layer.name].push_back(unit);
    }
    EXPECT_EQ(shrunken_architecture(full, units, kept), make_architecture({.name = name, .width = 0.5}, image, 10))
        << name;
  }
}

}  // namespace
}  // namespace neusemslice
