#include "baselines/iterative_pruning.hpp"

#include <cmath>
#include <optional>

#include <gmock/gmock.h>

#include "core/error.hpp"
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

/// Prunes until `batches` of fine-tuning have been trained here; how many were, if that is the end.
std::optional<std::int64_t> run_batches(const Toy& toy, PruningCheckpoint checkpoint, std::int64_t batches,
                                        PrunedModel* result = nullptr) {
  std::int64_t trained = 0;
  checkpoint.between_batches = [&] {
    if (trained == batches) throw Error("stopped");
    ++trained;
  };
  try {
    const PrunedModel pruned = toy.run(checkpoint);
    if (result != nullptr) *result = pruned;
    return trained;
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "stopped");
    return std::nullopt;
  }
}

TEST(IterativePruning, StoppedInTheMiddleOfAnIterationRepeatsNothingAndEndsWithTheSameBits) {
  for (const char* optimizer : {"sgd", "adam"}) {
    Toy toy;
    toy.plan.recipe.optimizer = optimizer;
    const PrunedModel whole = toy.run();
    const std::int64_t all = run_batches(toy, {}, 1000).value();
    ASSERT_EQ(all, 6 * 3 * 8) << "iterations, epochs, batches";
    for (const std::int64_t batches : {1, 11, 24, 31, 100, 143}) {  // 24: an iteration just done
      SCOPED_TRACE(batches);
      const TemporaryFolder folder;
      const PruningCheckpoint checkpoint{folder / "state.safetensors", "toy"};
      ASSERT_FALSE(run_batches(toy, checkpoint, batches));
      PrunedModel resumed;
      EXPECT_EQ(run_batches(toy, checkpoint, 1000, &resumed), all - batches);
      expect_equal(resumed, whole);
    }
  }
}

TEST(IterativePruning, GoesOnFromTheIterationBeforeWhereThatOfTheFineTuningIsLost) {
  const TemporaryFolder folder;
  const PruningCheckpoint checkpoint{folder / "state.safetensors", "toy"};
  const Toy toy;
  ASSERT_FALSE(run_batches(toy, checkpoint, 30));
  ASSERT_TRUE(fs::remove(checkpoint.path.string() + ".training"));
  PrunedModel resumed;
  EXPECT_EQ(run_batches(toy, checkpoint, 1000, &resumed), 5 * 24) << "the first iteration was kept";
  expect_equal(resumed, toy.run());
}

TEST(IterativePruning, HoldsALayersRuleInEveryIteration) {
  for (const PruningMethod method : {PruningMethod::uniform_plus, PruningMethod::erk}) {
    Toy toy;
    toy.plan.method = method;
    toy.plan.rate = 0.2;
    const PrunedModel pruned = toy.run();
    for (std::size_t i = 1; i < pruned.history.size(); ++i) {
      const auto weights_after = [&](std::size_t k) { return static_cast<double>(pruned.history[k].parameters - 26); };
      EXPECT_NEAR(weights_after(i), 0.8 * weights_after(i - 1), 0.5 * 3 + 0.5)
          << "three layers and the whole are rounded";
    }
    const std::int64_t last = prunable_weights(pruned.network).back().values.count_nonzero().item<std::int64_t>();
    if (method == PruningMethod::erk) {
      EXPECT_EQ(last, 16) << "the smallest layer stays dense: its density would exceed 1 in every iteration";
    } else {
      EXPECT_GE(last, 3) << "a fifth of 16";
      EXPECT_LT(last, 16);
    }
  }
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
