#include "maintenance/subnetwork.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "maintenance/restructure.hpp"
#include "models/zoo.hpp"
#include "support/temporary_folder.hpp"
#include "support/toy_networks.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

/// Every third unit of each group, from `first` on.
KeptUnits thirds(const UnitGraph& units, std::int64_t first) {
  KeptUnits kept;
  for (const UnitLayer& layer : units.layers) {
    for (std::int64_t unit = first % layer.units; unit < layer.units; unit += 3) kept[layer.name].push_back(unit);
  }
  return kept;
}

at::Tensor logits_of_task(const Problem& problem, const Network& network, const KeptUnits& kept) {
  const at::Tensor batch =
      gather_images(problem.dataset.test.images, at::arange(problem.dataset.test.size(), at::kLong),
                    problem.dataset.normalisation, at::kCPU);
  return forward(network, batch, masks_of(problem.units, kept, at::kCPU));
}

/// Trains the sub-network of `kept` on these categories and puts it back.
void learn(const Problem& problem, Network& network, const KeptUnits& kept, const Categories& categories,
           const std::string& optimizer) {
  Network part = shrink(network, problem.units, kept).clone();
  const at::Tensor& labels = problem.dataset.training.labels;
  const TrainingSplit all = split_training(labels, problem.dataset.categories(), 10, 1);
  train(part, problem.dataset, split_of(categories, labels, all),
        {.optimizer = optimizer, .learning_rate = 0.01, .weight_decay = 0.1, .epochs = 2, .batch_size = 8}, 1,
        own_parameters(part, problem.units, categories));
  put_back(network, problem.units, kept, part);
}

/// Bit for bit, in what it computes and in what it is.
void expect_same_subnetwork(const Network& now, const Network& then, const std::string& name) {
  for (const auto& [key, value] : now.parameters)
    EXPECT_TRUE(bits_equal(value, then.parameters.at(key))) << name << key;
  for (const auto& [key, value] : now.buffers) EXPECT_TRUE(bits_equal(value, then.buffers.at(key))) << name << key;
}

/// Task A uses every third unit, task B learns in the others.
void expect_nothing_forgotten(const Problem& problem, const std::string& name) {
  for (const char* optimizer : {"sgd", "adam"}) {
    Network network = problem.network.clone();
    const KeptUnits first = thirds(problem.units, 0);
    const KeptUnits second = free_units(problem.units, {first});
    const at::Tensor before = logits_of_task(problem, network, first);
    const at::Tensor others_before = logits_of_task(problem, network, second);
    learn(problem, network, second, {2, 3}, optimizer);
    EXPECT_TRUE(at::equal(logits_of_task(problem, network, first), before)) << name << " " << optimizer;
    EXPECT_FALSE(at::equal(logits_of_task(problem, network, second), others_before)) << name << ": it has learned";
    expect_same_subnetwork(shrink(network, problem.units, first), shrink(problem.network, problem.units, first), name);
  }
}

TEST(Subnetworks, OfToyNetworksForgetNothingBitForBit) {
  for (const std::string& kind : toy_kinds()) expect_nothing_forgotten(toy_problem(kind, 4), kind);
}

/// A member of the zoo at a fiftieth or so of its widths.
Problem zoo_problem(const std::string& name) {
  const bool is_grey = name == "mlp" || name == "lenet5";
  const std::vector<std::int64_t> image =
      is_grey ? std::vector<std::int64_t>{1, 28, 28} : std::vector<std::int64_t>{3, 32, 32};
  Problem problem = random_problem(5, {.image = image, .hidden = {2}, .categories = 4, .samples = 16});
  problem.network = random_network(make_architecture({.name = name, .width = is_grey ? 0.5 : 0.05}, image, 4), 5);
  problem.units = derive_units(problem.network.architecture);
  return problem;
}

TEST(Subnetworks, OfTheWholeZooForgetNothingBitForBit) {
  for (const char* name : {"mlp", "lenet5", "alexnet-cifar", "vgg11", "vgg13", "vgg16", "vgg19", "vgg11-cifar",
                           "vgg13-cifar", "vgg16-cifar", "vgg19-cifar", "resnet18", "resnet34", "resnet50", "resnet101",
                           "resnet18-cifar", "resnet34-cifar", "resnet50-cifar", "resnet101-cifar"}) {
    expect_nothing_forgotten(zoo_problem(name), name);
  }
}

TEST(Subnetworks, OfThreeTasksShareNothing) {
  const Problem problem = toy_problem("bottleneck", 6);
  Network network = problem.network.clone();
  const std::vector<KeptUnits> kept = {thirds(problem.units, 0), thirds(problem.units, 1), thirds(problem.units, 2)};
  learn(problem, network, kept[1], {1}, "adam");
  const at::Tensor second = logits_of_task(problem, network, kept[1]);
  learn(problem, network, kept[2], {2, 3}, "adam");
  EXPECT_TRUE(at::equal(logits_of_task(problem, network, kept[1]), second));
  EXPECT_TRUE(at::equal(logits_of_task(problem, network, kept[0]), logits_of_task(problem, problem.network, kept[0])));
}

TEST(Subnetworks, ShrunkenPredictAsTheMaskedNetworkDoes) {
  for (const std::string& kind : toy_kinds()) {
    const Problem problem = toy_problem(kind, 3);
    const KeptUnits kept = free_units(problem.units, {thirds(problem.units, 0)});
    const at::Tensor batch =
        gather_images(problem.dataset.test.images, at::arange(8, at::kLong), problem.dataset.normalisation, at::kCPU);
    EXPECT_LT(relative_to_largest(forward(shrink(problem.network, problem.units, kept), batch),
                                  forward(problem.network, batch, masks_of(problem.units, kept, at::kCPU))),
              1e-5)
        << kind;
  }
}

TEST(OwnParameters, AreNeitherTheOutputBiasNorOtherTasksRows) {
  const Problem problem = random_problem(1, {.hidden = {7, 5}, .categories = 3});
  const KeptUnits kept = {{"fc1", {1, 2, 6}}, {"fc2", {0, 4}}};
  Network part = shrink(problem.network, problem.units, kept).clone();
  const TrainableParameters own = own_parameters(part, problem.units, {2, 1});
  EXPECT_THAT(own, Not(Contains(Pair("fc3.bias", testing::_))));
  EXPECT_EQ(trainable_count(part, own), 3 * 6 + 3 + 2 * 3 + 2 + 2 * 2) << "six inputs, three and two units, two rows";
  Network network = problem.network.clone();
  for (auto& [name, value] : part.parameters) value.fill_(9);
  put_back(network, problem.units, kept, part);
  EXPECT_TRUE(bits_equal(network.parameters.at("fc3.bias"), problem.network.parameters.at("fc3.bias")));
  EXPECT_EQ(network.parameters.at("fc2.weight").eq(9).sum().item<std::int64_t>(), 2 * 3);
  EXPECT_EQ(network.parameters.at("fc1.bias").eq(9).sum().item<std::int64_t>(), 3);
}

TEST(FreeUnits, AreWhatNoTaskUses) {
  const UnitGraph units = derive_units(make_mlp({1, 2, 2}, {5, 2}, 3));
  const KeptUnits left = free_units(units, {{{"fc1", {0, 3}}, {"fc2", {0}}}, {{"fc1", {1}}, {"fc2", {0}}}});
  EXPECT_THAT(left.at("fc1"), ElementsAre(2, 4));
  EXPECT_THAT(left.at("fc2"), ElementsAre(1));
  EXPECT_EQ(units_within(left, {{"fc1", {1}}, {"fc2", {0}}}), (KeptUnits{{"fc1", {4}}, {"fc2", {1}}}));
  EXPECT_THAT(message_of<InputError>([&] {
                static_cast<void>(free_units(units, {{{"fc1", {0}}, {"fc2", {0, 1}}}}));
              }),
              HasSubstr("layer 'fc2': the tasks learned before use all of its 2 units"));
}

}  // namespace
}  // namespace neusemslice
