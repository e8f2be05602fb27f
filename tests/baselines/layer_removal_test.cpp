#include "baselines/layer_removal.hpp"

#include <algorithm>
#include <utility>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/network_builder.hpp"
#include "models/zoo.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// ResNet-18, a sixteenth as wide: four stages of two basic blocks, the first of 4 channels.
Architecture small_resnet() {
  return make_resnet_cifar(18, {1, 8, 8}, 3, 1.0 / 16);
}

LayerRemoval without(const Architecture& architecture, const std::vector<std::string>& names) {
  std::vector<ComparedLayer> removed;
  const auto layers = compared_layers(architecture, natural_granularity(architecture));
  for (const std::string& name : names) removed.push_back(*std::ranges::find(layers, name, &ComparedLayer::name));
  return remove_layers(architecture, removed);
}

double compression_percent(const Architecture& original, const LayerRemoval& removal) {
  const auto before = static_cast<double>(parameter_count(original));
  return 100 * (1 - static_cast<double>(parameter_count(removal.architecture)) / before);
}

const Node& node_named(const Architecture& architecture, const std::string& name) {
  return *std::ranges::find(architecture.nodes, name, &Node::name);
}

std::vector<Operation> operations(const Architecture& architecture) {
  std::vector<Operation> result;
  for (const Node& node : architecture.nodes) result.push_back(node.operation);
  return result;
}

/// Convolutions of the given channels on one-channel 8x8 images, a max pooling behind each position in `pooled`, and a
/// classifier of two categories.
Architecture stack(const std::vector<std::int64_t>& channels, const std::vector<std::size_t>& pooled,
                   std::int64_t stride_of_second = 1) {
  NetworkBuilder builder("stack", {1, 8, 8});
  for (std::size_t i = 0; i < channels.size(); ++i) {
    builder.convolution(fmt::format("conv{}", i + 1), channels[i], 3, i == 1 ? stride_of_second : 1, 1, false);
    builder.batch_norm(fmt::format("bn{}", i + 1));
    builder.relu();
    if (std::ranges::find(pooled, i) != pooled.end()) builder.max_pool(2, 2);
  }
  builder.flatten();
  builder.linear("fc", 2);
  return std::move(builder).build(Initialisation::uniform);
}

// What the paper's figures imply (baselines.md section 8).

TEST(RemoveLayers, OfTheMlpsSecondHiddenLayerPutsASewingLayerOfTheSameSizeInItsPlace) {
  const Architecture mlp = make_mlp({1, 28, 28}, {512, 256}, 10);
  const LayerRemoval removal = without(mlp, {"fc2"});
  EXPECT_EQ(compression_percent(mlp, removal), 0);
  EXPECT_THAT(removal.sewing, ElementsAre("sewing.fc2"));
  EXPECT_THAT(removal.kept_parameters, ElementsAre("fc1.weight", "fc1.bias", "fc3.weight", "fc3.bias"));
  EXPECT_THAT(operations(removal.architecture), ElementsAre(Operation::input, Operation::flatten, Operation::linear,
                                                            Operation::relu, Operation::linear, Operation::linear));
  EXPECT_EQ(node_named(removal.architecture, "sewing.fc2").in_features, 512);
  EXPECT_EQ(node_named(removal.architecture, "sewing.fc2").out_features, 256);
}

TEST(RemoveLayers, OfTwoWideConvolutionsCompressesVgg16AsInThePaper) {
  const Architecture vgg = make_vgg_cifar(16, {3, 32, 32}, 10);
  ASSERT_EQ(parameter_count(vgg), 14'728'266);
  const LayerRemoval removal = without(vgg, {"features.37", "features.40"});
  EXPECT_THAT(removal.sewing, IsEmpty());
  EXPECT_EQ(parameter_count(vgg) - parameter_count(removal.architecture), 4'721'664);
  EXPECT_NEAR(compression_percent(vgg, removal), 32.06, 0.005);
  EXPECT_EQ(std::ranges::count(operations(removal.architecture), Operation::max_pool), 5);
}

TEST(RemoveLayers, OfFiveBlocksCompressesResNet101AsInThePaper) {
  const Architecture resnet = make_resnet_cifar(101, {3, 32, 32}, 10);
  ASSERT_EQ(parameter_count(resnet), 42'512'970);
  const LayerRemoval removal = without(resnet, {"layer1.1", "layer3.5", "layer3.6", "layer3.7", "layer3.20"});
  EXPECT_THAT(removal.sewing, IsEmpty());
  EXPECT_EQ(parameter_count(resnet) - parameter_count(removal.architecture), 4'539'136);
  EXPECT_NEAR(compression_percent(resnet, removal), 10.68, 0.005);
}

TEST(RemoveLayers, OfAlexNetsWideLinearLayerNeedsNoSewingAndTakesItsDropoutAlong) {
  const Architecture alexnet = make_alexnet_cifar({3, 32, 32}, 10);
  const LayerRemoval removal = without(alexnet, {"classifier.1"});
  EXPECT_THAT(removal.sewing, IsEmpty());
  EXPECT_NEAR(compression_percent(alexnet, removal), 87.97, 0.005);
  EXPECT_EQ(std::ranges::count(operations(removal.architecture), Operation::dropout), 1);
}

// What stays computes what it did.

TEST(RemoveLayers, OfALayerThatDoesNothingLeavesTheLogits) {
  const Architecture architecture = stack({4, 4, 4}, {0, 1});
  Network network = make_network(architecture, 91);
  at::Tensor kernel = at::zeros({4, 4, 3, 3});
  for (std::int64_t channel = 0; channel < 4; ++channel) kernel[channel][channel][1][1] = 1;
  network.parameters.at("conv2.weight") = kernel;
  network.buffers.at("bn2.running_var").fill_(1 - kBatchNormEpsilon);
  const Network shorter = without_layers(network, without(architecture, {"conv2"}), 92);
  const at::Tensor images = random_tensor(91, "images", {5, 1, 8, 8}, -1, 1);
  EXPECT_LE(relative_to_largest(forward(shorter, images), forward(network, images)), 1e-6);
  EXPECT_FALSE(bits_equal(forward(shorter, images),
                          forward(without_layers(network, without(architecture, {"conv3"}), 92), images)));
}

TEST(RemoveLayers, OfABlockWhoseBranchIsZeroLeavesTheLogits) {
  Network network = make_network(small_resnet(), 93);
  network.parameters.at("layer1.1.bn2.weight").zero_();
  network.parameters.at("layer2.1.bn2.weight").zero_();
  const Network shorter = without_layers(network, without(network.architecture, {"layer2.1", "layer1.1"}), 94);
  const at::Tensor images = random_tensor(93, "images", {5, 1, 8, 8}, -1, 1);
  EXPECT_TRUE(bits_equal(forward(shorter, images), forward(network, images)));
  EXPECT_EQ(shorter.parameters.size() + 12, network.parameters.size());
}

TEST(RemoveLayers, OfTheMlpsHiddenLayerGivesTheSewnLogits) {
  const Network network = net_t();
  Network sewn = without_layers(network, without(network.architecture, {"fc2"}), 95);
  sewn.parameters.at("sewing.fc2.weight") = at::tensor({1.0F, 0.0F, 2.0F, 0.0F, -1.0F, 1.0F}).view({2, 3});
  sewn.parameters.at("sewing.fc2.bias") = at::tensor({0.5F, -4.0F});
  // (1, 1): r1 = (3, 0.5, 0.5); sewn (4.5, -4), below zero too as there is no ReLU; logits by fc3.
  const at::Tensor expected = at::tensor({4.5F + 4 + 0.1F, -9 - 2 - 0.1F}).view({1, 2});
  EXPECT_LE(relative_to_largest(forward(sewn, net_t_input(1, 1)), expected), 1e-6);
}

TEST(RemoveLayers, OfNothingIsTheSameArchitecture) {
  EXPECT_EQ(without(small_resnet(), {}).architecture, small_resnet());
}

TEST(RemoveLayers, OfAllThatCanGoLeavesEveryNetworkOfTheZooItsLogits) {
  for (const Architecture& architecture :
       {make_mlp({1, 8, 8}, {9, 8, 7}, 3), make_lenet5({1, 28, 28}, 3), make_alexnet_cifar({3, 32, 32}, 3),
        make_vgg(11, {3, 64, 64}, 3), make_vgg_cifar(13, {3, 32, 32}, 3), make_resnet(34, {3, 64, 64}, 3),
        make_resnet_cifar(50, {3, 32, 32}, 3)}) {
    std::vector<ComparedLayer> removed = compared_layers(architecture, natural_granularity(architecture));
    removed.erase(removed.begin());
    std::erase_if(removed, [](const ComparedLayer& layer) { return !layer.removable; });
    ASSERT_FALSE(removed.empty()) << architecture.name;
    const Architecture shorter = remove_layers(architecture, removed).architecture;
    EXPECT_EQ(node_shapes(shorter).back(), std::vector<std::int64_t>{3}) << architecture.name;
    EXPECT_LT(parameter_count(shorter), parameter_count(architecture)) << architecture.name;
  }
}

// Sewing.

TEST(Sewing, OfARunOfLayersIsOneLayerOneByOne) {
  const LayerRemoval removal = without(stack({2, 3, 5, 6}, {0, 1}), {"conv2", "conv3"});
  EXPECT_THAT(removal.sewing, ElementsAre("sewing.conv2"));
  const Node& sewing = node_named(removal.architecture, "sewing.conv2");
  EXPECT_EQ(sewing.in_features, 2);
  EXPECT_EQ(sewing.out_features, 5);
  EXPECT_EQ(sewing.kernel, 1);
  EXPECT_EQ(sewing.stride, 1);
  // Both poolings stay, and conv4 reads what the sewing layer gives.
  EXPECT_EQ(node_shapes(removal.architecture).back(), std::vector<std::int64_t>{2});
  EXPECT_EQ(std::ranges::count(operations(removal.architecture), Operation::max_pool), 2);
}

TEST(Sewing, IsOneLayerForEachRun) {
  EXPECT_THAT(without(stack({2, 3, 4, 5}, {}), {"conv4", "conv2"}).sewing, ElementsAre("sewing.conv2", "sewing.conv4"));
}

TEST(Sewing, IsNotNeededWhereARunComesBackToItsWidth) {
  EXPECT_THAT(without(stack({4, 6, 4, 5}, {}), {"conv2", "conv3"}).sewing, IsEmpty());
}

TEST(Sewing, StridesAsTheRemovedLayerDid) {
  const LayerRemoval removal = without(stack({3, 3}, {}, 2), {"conv2"});
  const Node& sewing = node_named(removal.architecture, "sewing.conv2");
  EXPECT_EQ(sewing.kernel, 1);
  EXPECT_EQ(sewing.stride, 2);
}

TEST(Sewing, OfALayerWithoutPaddingHasItsKernel) {
  NetworkBuilder builder("unpadded", {1, 14, 14});
  builder.convolution("conv1", 6, 3, 1, 1, true);
  builder.relu();
  builder.convolution("conv2", 16, 5, 1, 0, true);
  builder.relu();
  builder.flatten();
  builder.linear("fc", 2);
  const Architecture unpadded = std::move(builder).build(Initialisation::uniform);
  const LayerRemoval removal = without(unpadded, {"conv2"});
  EXPECT_EQ(node_named(removal.architecture, "sewing.conv2").kernel, 5);
  EXPECT_EQ(compression_percent(unpadded, removal), 0);
}

TEST(Sewing, OfARunThatEndsBehindAFlatteningIsLinear) {
  NetworkBuilder builder("flattened", {1, 4, 4});
  builder.convolution("conv1", 2, 3, 1, 1, true);
  builder.relu();
  builder.convolution("conv2", 3, 3, 1, 1, true);
  builder.relu();
  builder.flatten();
  builder.linear("fc1", 7);
  builder.relu();
  builder.linear("fc2", 2);
  const LayerRemoval removal = without(std::move(builder).build(Initialisation::uniform), {"conv2", "fc1"});
  EXPECT_THAT(removal.sewing, ElementsAre("sewing.conv2"));
  EXPECT_EQ(node_named(removal.architecture, "sewing.conv2").operation, Operation::linear);
  EXPECT_EQ(node_named(removal.architecture, "sewing.conv2").in_features, 2 * 4 * 4);
  EXPECT_EQ(node_named(removal.architecture, "sewing.conv2").out_features, 7);
}

TEST(Sewing, CannotMakeMapsGrow) {
  NetworkBuilder builder("growing", {1, 4, 4});
  builder.convolution("conv1", 2, 3, 1, 1, true);
  builder.relu();
  builder.convolution("conv2", 2, 1, 1, 1, true);
  builder.relu();
  builder.flatten();
  builder.linear("fc", 2);
  const Architecture growing = std::move(builder).build(Initialisation::uniform);
  try {
    without(growing, {"conv2"});
    FAIL() << "4x4 maps were sewn to 6x6";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'sewing.conv2': no convolution makes maps of 6x6 from 4x4"));
  }
}

TEST(Sewing, IsDrawnFromTheSeedAndAllElseShared) {
  const Network network = make_network(stack({2, 3}, {}), 96);
  const LayerRemoval removal = without(network.architecture, {"conv2"});
  const Network first = without_layers(network, removal, 1);
  EXPECT_TRUE(first.parameters.at("conv1.weight").is_same(network.parameters.at("conv1.weight")));
  EXPECT_TRUE(first.buffers.at("bn1.running_var").is_same(network.buffers.at("bn1.running_var")));
  EXPECT_EQ(first.buffers.size(), 2U);
  const auto weight = [&](std::uint64_t seed) {
    return without_layers(network, removal, seed).parameters.at("sewing.conv2.weight");
  };
  EXPECT_TRUE(bits_equal(weight(1), weight(1)));
  EXPECT_FALSE(bits_equal(weight(1), weight(2)));
}

TEST(TrainSewing, TrainsTheSewingLayersAlone) {
  const Network network = make_network(make_mlp({1, 28, 28}, {512, 256}, 10), 97);
  const LayerRemoval removal = without(network.architecture, {"fc2"});
  const TrainableParameters trainable = train_sewing(removal);
  EXPECT_EQ(trainable.size(), 2U);
  EXPECT_EQ(trainable_count(without_layers(network, removal, 97), trainable), 512 * 256 + 256);
}

TEST(TrainSewing, TrainsNothingWhereEveryLayerFitted) {
  EXPECT_THAT(train_sewing(without(stack({4, 4}, {}), {"conv2"})), IsEmpty());
}

// What must stay.

TEST(RemoveLayers, RefusesTheFirstBlockAndOnesWithDownsampling) {
  EXPECT_THROW((void)without(small_resnet(), {"layer1.0"}), InputError);
  EXPECT_THROW((void)without(small_resnet(), {"layer2.0"}), InputError);
}

}  // namespace
}  // namespace neusemslice
