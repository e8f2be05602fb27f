#include "baselines/iterative_pruning.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "models/zoo.hpp"
#include "support/temporary_folder.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::TemporaryFolder;

/// Two blobs of bright pixels, 40 images each, that a small network tells apart at once.
Dataset blobs() {
  Dataset dataset{.name = "blobs", .category_names = {"left", "right"}};
  for (LabelledImages* images : {&dataset.training, &dataset.test}) {
    images->images = at::zeros({80, 1, 4, 4}, at::kByte);
    images->labels = at::arange(80, at::kLong).remainder(2);
    for (std::int64_t i = 0; i < 80; ++i) images->images[i][0][i % 4].select(0, (i % 2) * 2).fill_(100 + i);
  }
  return dataset;
}

struct Toy {
  Dataset dataset = blobs();
  TrainingSplit split = split_training(dataset.training.labels, 2, 20, 1);
  Network network = make_network(make_architecture({.name = "mlp", .hidden = {16, 8}}, {1, 4, 4}, 2), 1);
  PruningPlan plan = {
      .method = PruningMethod::lamp,
      .rate = 0.2,
      .least_validation_accuracy = 0,
      .max_iterations = 6,
      .recipe = {.optimizer = "sgd", .learning_rate = 0.05, .weight_decay = 0.1, .epochs = 3, .batch_size = 8}};

  [[nodiscard]] PrunedModel run(const PruningCheckpoint& checkpoint = {}) const {
    return prune_iteratively(network, dataset, split, plan, checkpoint);
  }
};

std::int64_t zeros_of(const Network& network) {
  std::int64_t zeros = 0;
  for (const PrunableWeight& weight : prunable_weights(network)) {
    zeros += weight.values.numel() - weight.values.count_nonzero().item<std::int64_t>();
  }
  return zeros;
}

TEST(IterativePruning, LeavesTheShareThatTheRateSaysAndTheRestZero) {
  for (const char* optimizer : {"sgd", "adam"}) {
    Toy toy;
    toy.plan.recipe.optimizer = optimizer;
    const PrunedModel pruned = toy.run();
    EXPECT_EQ(pruned.end, PruningEnd::iterations);
    ASSERT_EQ(pruned.iterations, 6);
    ASSERT_EQ(pruned.history.size(), 7U);
    const std::int64_t weights = 16 * 16 + 16 * 8 + 8 * 2;
    const std::int64_t others = 16 + 8 + 2;
    EXPECT_EQ(pruned.history.front().parameters, weights + others);
    for (int k = 1; k <= 6; ++k) {
      EXPECT_NEAR(static_cast<double>(pruned.history[static_cast<std::size_t>(k)].parameters - others),
                  weights * std::pow(0.8, k), 0.5 * k);
    }
    EXPECT_EQ(zeros_of(pruned.network), weights + others - pruned.history.back().parameters)
        << "momentum and weight decay bring nothing back";
  }
}

TEST(IterativePruning, ReportsTheLastModelThatHeld) {
  Toy toy;
  toy.plan.max_iterations = 60;
  toy.plan.least_validation_accuracy = 0.9;
  train(toy.network, toy.dataset, toy.split, {.optimizer = "sgd", .learning_rate = 0.2, .epochs = 30, .batch_size = 8},
        1, train_everything(toy.network));
  const PrunedModel pruned = toy.run();
  ASSERT_EQ(pruned.end, PruningEnd::accuracy);
  ASSERT_EQ(static_cast<std::int64_t>(pruned.history.size()), pruned.iterations + 2);
  EXPECT_LT(pruned.history.back().validation_accuracy, 0.9);
  EXPECT_GE(pruned.history[static_cast<std::size_t>(pruned.iterations)].validation_accuracy, 0.9);
  EXPECT_EQ(zeros_of(pruned.network), 16 * 16 + 16 * 8 + 8 * 2 + 16 + 8 + 2 -
                                          pruned.history[static_cast<std::size_t>(pruned.iterations)].parameters);
}

TEST(IterativePruning, EndsWhereTheMethodCanGoNoFurther) {
  Toy toy;
  toy.plan.method = PruningMethod::uniform_plus;  // whose last layer keeps a fifth
  toy.plan.rate = 0.5;
  toy.plan.max_iterations = 60;
  EXPECT_EQ(toy.run().end, PruningEnd::method);
}

void expect_equal(const PrunedModel& a, const PrunedModel& b) {
  EXPECT_EQ(a.history, b.history);
  EXPECT_EQ(a.iterations, b.iterations);
  for (const auto& [name, value] : a.network.parameters) {
    EXPECT_TRUE(at::equal(value, b.network.parameters.at(name))) << name;
  }
}

TEST(IterativePruning, ContinuesFromItsCheckpointToTheSameBits) {
  const TemporaryFolder folder;
  const PruningCheckpoint checkpoint{folder / "state.safetensors", "toy"};
  Toy toy;
  const PrunedModel whole = toy.run();
  toy.plan.max_iterations = 3;
  EXPECT_EQ(toy.run(checkpoint).iterations, 3);
  ASSERT_TRUE(fs::exists(checkpoint.path));
  toy.plan.max_iterations = 6;
  expect_equal(toy.run(checkpoint), whole);
  EXPECT_FALSE(fs::exists(checkpoint.path.string() + ".training"));
}

TEST(IterativePruning, TakesNoForeignOrDamagedCheckpoint) {
  const TemporaryFolder folder;
  const PruningCheckpoint checkpoint{folder / "state.safetensors", "toy"};
  const Toy toy;
  const PrunedModel whole = toy.run(checkpoint);
  expect_equal(toy.run({checkpoint.path, "another"}), whole);
  fs::resize_file(checkpoint.path, fs::file_size(checkpoint.path) - 5);
  expect_equal(toy.run(checkpoint), whole);
}

}  // namespace
}  // namespace neusemslice
