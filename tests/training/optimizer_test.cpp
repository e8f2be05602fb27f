#include "training/optimizer.hpp"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

// ---- Learning rates ----

TEST(LearningRate, ConstantStays) {
  const RecipeConfig recipe{.learning_rate = 0.1, .schedule = "constant", .epochs = 5};
  EXPECT_EQ(learning_rate_at(recipe, 0), 0.1);
  EXPECT_EQ(learning_rate_at(recipe, 4), 0.1);
}

TEST(LearningRate, CosineFallsToZeroOverAllEpochs) {
  const RecipeConfig recipe{.learning_rate = 0.2, .schedule = "cosine", .epochs = 4};
  EXPECT_DOUBLE_EQ(learning_rate_at(recipe, 0), 0.2);
  EXPECT_NEAR(learning_rate_at(recipe, 1), 0.1 * (1 + std::sqrt(0.5)), 1e-15);
  EXPECT_NEAR(learning_rate_at(recipe, 2), 0.1, 1e-15);
  EXPECT_NEAR(learning_rate_at(recipe, 4), 0, 1e-15);
}

TEST(LearningRate, StepFallsByTheFactorEverySoManyEpochs) {
  const RecipeConfig recipe{
      .learning_rate = 1.0, .schedule = "step", .step_epochs = 2, .step_factor = 0.5, .epochs = 6};
  const std::vector<double> expected = {1, 1, 0.5, 0.5, 0.25, 0.25};
  for (std::int64_t epoch = 0; epoch < 6; ++epoch) {
    EXPECT_DOUBLE_EQ(learning_rate_at(recipe, epoch), expected[static_cast<std::size_t>(epoch)]);
  }
}

// ---- A plain reference of both optimisers, in float64 ----

constexpr std::int64_t kSteps = 6;
constexpr double kRate = 0.05;

struct Entry {
  double value = 0;
  double first = 0;
  double second = 0;
};

/// Every parameter as a list of entries with their optimiser state.
using State = std::map<std::string, std::vector<Entry>>;

State state_of(const Network& network) {
  State state;
  for (const auto& [name, value] : network.parameters) {
    for (const double entry : to_row(value.flatten())) state[name].push_back({.value = entry});
  }
  return state;
}

void write_back(const State& state, std::vector<DenseLayer>& layers) {
  for (DenseLayer& layer : layers) {
    const auto& weight = state.at(layer.name + ".weight");
    for (std::size_t o = 0; o < layer.bias.size(); ++o) {
      layer.bias[o] = state.at(layer.name + ".bias")[o].value;
      const std::size_t inputs = layer.weight[o].size();
      for (std::size_t i = 0; i < inputs; ++i) layer.weight[o][i] = weight[o * inputs + i].value;
    }
  }
}

/// Gradients of the mean cross entropy over all samples, entry by entry.
std::map<std::string, Row> gradients_of(const std::vector<DenseLayer>& layers, const Problem& problem) {
  std::map<std::string, Row> gradients;
  const LabelledImages& images = problem.dataset.training;
  for (std::int64_t sample = 0; sample < images.size(); ++sample) {
    const Row input = input_row(images, {}, sample);
    const Trace at_x = trace(layers, input);
    const Rows g = cross_entropy_gradients(layers, at_x, images.labels[sample].item<std::int64_t>());
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const Row& read = l == 0 ? input : at_x.a[l - 1];
      Row& weight = gradients[layers[l].name + ".weight"];
      Row& bias = gradients[layers[l].name + ".bias"];
      weight.resize(g[l].size() * read.size(), 0);
      bias.resize(g[l].size(), 0);
      for (std::size_t o = 0; o < g[l].size(); ++o) {
        const double share = g[l][o] / static_cast<double>(images.size());
        bias[o] += share;
        for (std::size_t i = 0; i < read.size(); ++i) weight[o * read.size() + i] += share * read[i];
      }
    }
  }
  return gradients;
}

void sgd(Entry& entry, double gradient, const RecipeConfig& recipe) {
  gradient += recipe.weight_decay * entry.value;
  entry.first = recipe.momentum * entry.first + gradient;
  entry.value -= kRate * entry.first;
}

void adam(Entry& entry, double gradient, const RecipeConfig& recipe, double step) {
  gradient += recipe.weight_decay * entry.value;
  entry.first = 0.9 * entry.first + 0.1 * gradient;
  entry.second = 0.999 * entry.second + 0.001 * gradient * gradient;
  const double mean = entry.first / (1 - std::pow(0.9, step));
  const double square = entry.second / (1 - std::pow(0.999, step));
  entry.value -= kRate * mean / (std::sqrt(square) + 1e-8);
}

/// Whether entry i of the tensor `name` trains.
using Trains = std::function<bool(const std::string& name, std::size_t i)>;

State reference_training(const Problem& problem, const RecipeConfig& recipe, const Trains& trains) {
  std::vector<DenseLayer> layers = dense_layers(problem.network);
  State state = state_of(problem.network);
  for (std::int64_t step = 1; step <= kSteps; ++step) {
    const auto gradients = gradients_of(layers, problem);
    for (auto& [name, entries] : state) {
      for (std::size_t i = 0; i < entries.size(); ++i) {
        if (!trains(name, i)) continue;
        if (recipe.optimizer == "sgd")
          sgd(entries[i], gradients.at(name)[i], recipe);
        else
          adam(entries[i], gradients.at(name)[i], recipe, static_cast<double>(step));
      }
    }
    write_back(state, layers);
  }
  return state;
}

/// The program's own steps on the whole training set as one batch.
Network trained(const Problem& problem, const RecipeConfig& recipe, const TrainableParameters& trainable) {
  Network network = deep_copy(problem.network);
  const LabelledImages& images = problem.dataset.training;
  const at::Tensor batch = gather_images(images.images, at::arange(images.size()), {}, at::kCPU);
  Optimizer optimizer(network, trainable, recipe);
  for (std::int64_t step = 0; step < kSteps; ++step) {
    const at::Tensor logits = forward_training(network, batch, 0, "no dropout", {}, optimizer.blocks());
    optimizer.step(at::cross_entropy_loss(logits, images.labels), kRate);
  }
  return network;
}

/// Trained entries follow the reference; frozen entries keep their bits; every tensor with trained entries moved.
void expect_follows_reference(const Problem& problem, const RecipeConfig& recipe, const TrainableParameters& trainable,
                              const Trains& trains) {
  const Network network = trained(problem, recipe, trainable);
  const State expected = reference_training(problem, recipe, trains);
  double worst = 0;
  for (const auto& [name, entries] : expected) {
    const at::Tensor after = network.parameters.at(name).detach().flatten();
    const at::Tensor before = problem.network.parameters.at(name).flatten();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      if (!trains(name, i)) {
        ASSERT_TRUE(bits_equal(after[at], before[at])) << name << " entry " << i << " is frozen";
        continue;
      }
      worst = std::max(worst, std::abs(after[at].item<double>() - entries[i].value));
    }
  }
  EXPECT_LE(worst, 2e-5);
  testing::Test::RecordProperty("largest_difference", fmt::format("{:.2e}", worst));
}

bool everything(const std::string&, std::size_t) {
  return true;
}

RecipeConfig sgd_recipe(double momentum, double weight_decay) {
  return {.optimizer = "sgd", .momentum = momentum, .weight_decay = weight_decay};
}

RecipeConfig adam_recipe(double weight_decay) {
  return {.optimizer = "adam", .weight_decay = weight_decay};
}

/// Images 2 x 3, hidden 7 and 5, 3 categories.
Problem problem_to_train() {
  return random_problem(11);
}

TEST(Optimizer, PlainGradientDescentFollowsTheReference) {
  const Problem problem = problem_to_train();
  expect_follows_reference(problem, sgd_recipe(0, 0), train_everything(problem.network), everything);
}

TEST(Optimizer, MomentumFollowsTheReference) {
  const Problem problem = problem_to_train();
  expect_follows_reference(problem, sgd_recipe(0.9, 0), train_everything(problem.network), everything);
}

TEST(Optimizer, MomentumWithWeightDecayFollowsTheReference) {
  const Problem problem = problem_to_train();
  expect_follows_reference(problem, sgd_recipe(0.9, 0.1), train_everything(problem.network), everything);
}

TEST(Optimizer, AdamFollowsTheReference) {
  const Problem problem = problem_to_train();
  expect_follows_reference(problem, adam_recipe(0), train_everything(problem.network), everything);
}

TEST(Optimizer, AdamWithWeightDecayFollowsTheReference) {
  const Problem problem = problem_to_train();
  expect_follows_reference(problem, adam_recipe(0.1), train_everything(problem.network), everything);
}

// ---- Parts of the parameters ----

struct Part {
  std::string name;
  TrainableParameters trainable;
  Trains trains;
};

at::Tensor every_third_entry(at::IntArrayRef shape) {
  const std::int64_t count = shape[0] * (shape.size() == 2 ? shape[1] : 1);
  return at::arange(count).remainder(3).eq(0).view(shape);
}

std::vector<Part> parts() {
  std::vector<Part> parts;
  parts.push_back({"two rows of the first layer",
                   {{"fc1.weight", {.rows = index_tensor({1, 4}), .columns = {}, .entries = {}}},
                    {"fc1.bias", {.rows = index_tensor({1, 4}), .columns = {}, .entries = {}}}},
                   [](const std::string& name, std::size_t i) {
                     const std::size_t row = name == "fc1.weight" ? i / 6 : i;
                     return name.starts_with("fc1.") && (row == 1 || row == 4);
                   }});
  parts.push_back(
      {"two columns of the second layer",
       {{"fc2.weight", {.rows = {}, .columns = index_tensor({0, 6}), .entries = {}}}},
       [](const std::string& name, std::size_t i) { return name == "fc2.weight" && (i % 7 == 0 || i % 7 == 6); }});
  parts.push_back({"rows by columns of the second layer",
                   {{"fc2.weight", {.rows = index_tensor({0, 3}), .columns = index_tensor({2, 5}), .entries = {}}}},
                   [](const std::string& name, std::size_t i) {
                     return name == "fc2.weight" && (i / 7 == 0 || i / 7 == 3) && (i % 7 == 2 || i % 7 == 5);
                   }});
  parts.push_back({"every third entry of everything",
                   {{"fc1.weight", {.rows = {}, .columns = {}, .entries = every_third_entry({7, 6})}},
                    {"fc1.bias", {.rows = {}, .columns = {}, .entries = every_third_entry({7})}},
                    {"fc2.weight", {.rows = {}, .columns = {}, .entries = every_third_entry({5, 7})}},
                    {"fc2.bias", {.rows = {}, .columns = {}, .entries = every_third_entry({5})}},
                    {"fc3.weight", {.rows = {}, .columns = {}, .entries = every_third_entry({3, 5})}},
                    {"fc3.bias", {.rows = {}, .columns = {}, .entries = every_third_entry({3})}}},
                   [](const std::string&, std::size_t i) { return i % 3 == 0; }});
  return parts;
}

TEST(PartialTraining, FollowsTheMaskedReferenceAndKeepsFrozenBits) {
  const Problem problem = problem_to_train();
  for (const RecipeConfig& recipe : {sgd_recipe(0.9, 0.1), adam_recipe(0.1)}) {
    for (const Part& part : parts()) {
      SCOPED_TRACE(recipe.optimizer + ", " + part.name);
      expect_follows_reference(problem, recipe, part.trainable, part.trains);
    }
  }
}

TEST(PartialTraining, TrainedEntriesMove) {
  const Problem problem = problem_to_train();
  for (const Part& part : parts()) {
    const Network network = trained(problem, sgd_recipe(0.9, 0.1), part.trainable);
    for (const auto& [name, region] : part.trainable) {
      const at::Tensor before = gather_region(problem.network.parameters.at(name), region);
      const at::Tensor after = gather_region(network.parameters.at(name), region);
      EXPECT_TRUE(after.ne(before).all().item<bool>()) << part.name << ", " << name;
    }
  }
}

TEST(PartialTraining, ARegionThatNamesEveryEntryIsTheWholeTensor) {
  const Problem problem = problem_to_train();
  const TrainableParameters whole = {{"fc1.weight", {}}};
  const TrainableParameters by_rows = {{"fc1.weight", {.rows = at::arange(7), .columns = {}, .entries = {}}}};
  const TrainableParameters by_entries = {
      {"fc1.weight", {.rows = {}, .columns = {}, .entries = at::ones({7, 6}, at::kBool)}}};
  for (const RecipeConfig& recipe : {sgd_recipe(0.9, 0.1), adam_recipe(0.1)}) {
    const at::Tensor expected = trained(problem, recipe, whole).parameters.at("fc1.weight");
    EXPECT_LE(relative_to_largest(trained(problem, recipe, by_rows).parameters.at("fc1.weight"), expected), 1e-6);
    EXPECT_LE(relative_to_largest(trained(problem, recipe, by_entries).parameters.at("fc1.weight"), expected), 1e-6);
  }
}

TEST(PartialTraining, NothingBelowTheLowestTrainedLayerIsDifferentiated) {
  Problem problem = problem_to_train();
  const Optimizer optimizer(problem.network, {{"fc2.bias", {}}}, adam_recipe(0));
  const std::vector<at::Tensor> values =
      forward_all(problem.network, gather_images(problem.dataset.training.images, at::arange(4), {}, at::kCPU));
  EXPECT_FALSE(values[static_cast<std::size_t>(problem.units.layers[0].tap)].requires_grad());
  EXPECT_TRUE(values[static_cast<std::size_t>(problem.units.layers[1].tap)].requires_grad());
  for (const auto& [name, value] : problem.network.parameters) {
    EXPECT_EQ(value.requires_grad(), name == "fc2.bias") << name;
  }
}

TEST(PartialTraining, EverythingIsFrozenAgainAfterwards) {
  Problem problem = problem_to_train();
  { const Optimizer optimizer(problem.network, train_everything(problem.network), adam_recipe(0)); }
  for (const auto& entry : problem.network.parameters) EXPECT_FALSE(entry.second.requires_grad());
}

TEST(PartialTraining, OfNothingIsAnError) {
  Problem problem = problem_to_train();
  EXPECT_THROW(Optimizer(problem.network, {}, adam_recipe(0)), Error);
  const TrainableParameters empty = {{"fc1.weight", {.rows = index_tensor({}), .columns = {}, .entries = {}}}};
  EXPECT_THROW(Optimizer(problem.network, empty, adam_recipe(0)), Error);
}

}  // namespace
}  // namespace neusemslice
