#include "training/trainer.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/network_builder.hpp"
#include "models/safetensors.hpp"
#include "support/problem.hpp"
#include "support/temporary_folder.hpp"
#include "training/optimizer.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::HasSubstr;

/// 200 images whose label is the brighter of two pixels: easy to learn.
Problem learnable() {
  Problem problem = random_problem(21, {.image = {1, 1, 2}, .hidden = {8}, .categories = 2, .samples = 200});
  const at::Tensor pixels = problem.dataset.training.images.view({200, 2}).to(at::kLong);
  problem.dataset.training.labels = pixels.select(1, 1).gt(pixels.select(1, 0)).to(at::kLong);
  return problem;
}

TrainingSplit split_of(const Problem& problem) {
  return split_training(problem.dataset.training.labels, 2, 10, 0);
}

const RecipeConfig kRecipe{
    .optimizer = "adam", .learning_rate = 0.1, .schedule = "cosine", .epochs = 8, .batch_size = 32};

std::string bytes_after_training(const RecipeConfig& recipe, std::uint64_t seed) {
  Problem problem = learnable();
  train(problem.network, problem.dataset, split_of(problem), recipe, seed, train_everything(problem.network));
  return safetensors_bytes(problem.network.parameters);
}

TEST(Train, LearnsWhatCanBeLearnt) {
  Problem problem = learnable();
  std::vector<std::int64_t> seen;
  const auto records =
      train(problem.network, problem.dataset, split_of(problem), kRecipe, 0, train_everything(problem.network),
            {.on_epoch = [&](const EpochRecord& record) { seen.push_back(record.epoch); }})
          .epochs;
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
  ASSERT_EQ(records.size(), 8U);
  EXPECT_DOUBLE_EQ(records[0].learning_rate, 0.1);
  EXPECT_DOUBLE_EQ(records[4].learning_rate, 0.05);
  EXPECT_LT(records.back().training_loss, records.front().training_loss);
  EXPECT_GE(records.back().training_accuracy, 0.9);
  EXPECT_GE(records.back().validation_accuracy, 0.9);
}

TEST(Train, TheSameSeedGivesTheSameBytes) {
  for (const std::string optimizer : {"adam", "sgd"}) {
    RecipeConfig recipe = kRecipe;
    recipe.optimizer = optimizer;
    const std::string first = bytes_after_training(recipe, 5);
    EXPECT_EQ(bytes_after_training(recipe, 5), first);
    EXPECT_NE(bytes_after_training(recipe, 6), first);
  }
}

TEST(Train, IsStepsOverTheShuffledBatches) {
  const RecipeConfig recipe{.optimizer = "sgd", .learning_rate = 0.1, .epochs = 2, .batch_size = 50};
  Problem problem = learnable();
  const TrainingSplit split = split_of(problem);
  Network by_hand = deep_copy(problem.network);
  const auto records =
      train(problem.network, problem.dataset, split, recipe, 3, train_everything(problem.network)).epochs;
  double loss_sum = 0;
  {
    Optimizer optimizer(by_hand, train_everything(by_hand), recipe);
    for (std::int64_t epoch = 0; epoch < 2; ++epoch) {
      for (const at::Tensor& batch : shuffled(split.training, 3, epoch).split(50)) {
        const at::Tensor logits = forward(by_hand, gather_images(problem.dataset.training.images, batch, {}, at::kCPU));
        const at::Tensor loss = at::cross_entropy_loss(logits, problem.dataset.training.labels.index_select(0, batch));
        if (epoch == 1) loss_sum += loss.item<double>() * static_cast<double>(batch.numel());
        optimizer.step(loss, 0.1);
      }
    }
  }
  for (const auto& [name, value] : by_hand.parameters) {
    EXPECT_TRUE(bits_equal(problem.network.parameters.at(name), value)) << name;
  }
  EXPECT_NEAR(records[1].training_loss, loss_sum / static_cast<double>(split.training.numel()), 1e-9);
}

/// A convolution with batch norm and dropout over two pixels.
Network convolutional(std::uint64_t seed) {
  NetworkBuilder builder("small", {1, 1, 2});
  builder.convolution("convolution", 6, 3, 1, 1, false);
  builder.batch_norm("norm");
  builder.relu();
  builder.flatten();
  builder.dropout(0.2);
  builder.linear("fc", 2);
  return make_network(std::move(builder).build(Initialisation::he), seed);
}

TEST(Train, LearnsWithConvolutionsBatchNormAndDropout) {
  const Problem problem = learnable();
  Network network = convolutional(1);
  const auto records = train(network, problem.dataset, split_of(problem), kRecipe, 0, train_everything(network)).epochs;
  EXPECT_LT(records.back().training_loss, records.front().training_loss);
  EXPECT_GE(records.back().validation_accuracy, 0.9);
}

TEST(Train, TheSameSeedGivesTheSameBytesWithBatchNormAndDropout) {
  const Problem problem = learnable();
  const auto bytes_after = [&](std::uint64_t seed) {
    Network network = convolutional(1);
    train(network, problem.dataset, split_of(problem), kRecipe, seed, train_everything(network));
    return safetensors_bytes(network.parameters) + safetensors_bytes(network.buffers);
  };
  EXPECT_EQ(bytes_after(5), bytes_after(5));
  EXPECT_NE(bytes_after(5), bytes_after(6));
}

TEST(Train, MeasuresTheRunningStatistics) {
  // One epoch of one batch: every running statistic is 0.9 of what it was and 0.1 of the batch's.
  const Problem problem = learnable();
  const TrainingSplit all{at::arange(200), index_tensor({})};
  Network network = convolutional(1);
  const at::Tensor batch = gather_images(problem.dataset.training.images, at::arange(200), {}, at::kCPU);
  const at::Tensor values =
      at::conv2d(batch, network.parameters.at("convolution.weight").clone(), {}, 1, 1).transpose(0, 1).flatten(1);
  RecipeConfig recipe = kRecipe;
  recipe.epochs = 1;
  recipe.batch_size = 200;
  train(network, problem.dataset, all, recipe, 0, train_everything(network));
  EXPECT_TRUE(at::allclose(network.buffers.at("norm.running_mean"), 0.1 * values.mean(1), 1e-4, 1e-6));
  EXPECT_TRUE(at::allclose(network.buffers.at("norm.running_var"), 0.9 + 0.1 * values.var(1), 1e-4, 1e-6));
}

TEST(Train, ABatchThatBatchNormCannotMeasureIsAnInputError) {
  const Problem problem = learnable();
  NetworkBuilder builder("flat", {1, 1, 2});
  builder.flatten();
  builder.linear("fc1", 4);
  builder.batch_norm("norm");
  builder.relu();
  builder.linear("fc2", 2);
  Network network = make_network(std::move(builder).build(Initialisation::he), 0);
  const TrainingSplit three{at::arange(3), index_tensor({})};  // batches of two and of one
  RecipeConfig recipe = kRecipe;
  recipe.batch_size = 2;
  EXPECT_THAT(
      message_of<InputError>([&] { train(network, problem.dataset, three, recipe, 0, train_everything(network)); }),
      HasSubstr("'norm'"));
}

TEST(Train, LeavesFrozenLayersBitForBit) {
  Problem problem = learnable();
  const Network before = deep_copy(problem.network);
  RecipeConfig recipe = kRecipe;
  recipe.weight_decay = 0.1;
  train(problem.network, problem.dataset, split_of(problem), recipe, 0, {{"fc2.weight", {}}});
  for (const auto& [name, value] : before.parameters) {
    EXPECT_EQ(bits_equal(problem.network.parameters.at(name), value), name != "fc2.weight") << name;
  }
}

TEST(Train, ALossThatIsNoNumberIsAnError) {
  Problem problem = learnable();
  const RecipeConfig recipe{.optimizer = "sgd", .learning_rate = 1e30, .epochs = 3, .batch_size = 32};
  const std::string message = message_of<Error>([&] {
    train(problem.network, problem.dataset, split_of(problem), recipe, 0, train_everything(problem.network));
  });
  EXPECT_THAT(message, HasSubstr("learning_rate"));
  EXPECT_THAT(message, HasSubstr("epoch 1"));
}

TEST(Train, WithoutSamplesIsAnError) {
  Problem problem = learnable();
  const TrainingSplit nothing{index_tensor({}), at::arange(200)};
  EXPECT_THROW(train(problem.network, problem.dataset, nothing, kRecipe, 0, train_everything(problem.network)),
               InputError);
}

TEST(Train, WithoutAValidationPartReportsNone) {
  Problem problem = learnable();
  const TrainingSplit all{at::arange(200), index_tensor({})};
  const auto records =
      train(problem.network, problem.dataset, all, kRecipe, 0, train_everything(problem.network)).epochs;
  EXPECT_EQ(records.back().validation_accuracy, 0);
}

}  // namespace
}  // namespace neusemslice
