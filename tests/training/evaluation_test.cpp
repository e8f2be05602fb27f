#include "training/evaluation.hpp"

#include <gmock/gmock.h>

#include "models/network_builder.hpp"
#include "models/units.hpp"
#include "models/zoo.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using Counts = std::vector<std::int64_t>;

/// Pixel j of a one-layer-deep network lights logit j: the prediction is the brightest of three pixels.
Network brightest_pixel() {
  Network network{make_mlp({1, 1, 3}, {3}, 3), {}};
  network.parameters = {{"fc1.weight", at::eye(3)},
                        {"fc1.bias", at::zeros({3})},
                        {"fc2.weight", at::eye(3)},
                        {"fc2.bias", at::zeros({3})}};
  return network;
}

LabelledImages images_of(const std::vector<std::vector<std::int64_t>>& pixels, const Counts& labels) {
  LabelledImages images{at::empty({static_cast<std::int64_t>(pixels.size()), 1, 1, 3}, at::kByte),
                        index_tensor(labels)};
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    images.images.select(0, static_cast<std::int64_t>(i)).copy_(index_tensor(pixels[i]).view({1, 1, 3}));
  }
  return images;
}

TEST(Evaluate, CountsCorrectPredictionsByTrueCategory) {
  const LabelledImages images = images_of({{9, 1, 0}, {0, 9, 1}, {9, 0, 1}, {1, 0, 9}}, {0, 1, 1, 2});
  const Evaluation evaluation = evaluate(brightest_pixel(), images, {}, 3);
  EXPECT_EQ(evaluation.samples, (Counts{1, 2, 1}));
  EXPECT_EQ(evaluation.correct, (Counts{1, 1, 1}));
  EXPECT_EQ(evaluation.total_samples(), 4);
  EXPECT_EQ(evaluation.total_correct(), 3);
  EXPECT_EQ(evaluation.accuracy(), 0.75);
}

TEST(Evaluate, OfEqualLogitsTakesTheFirst) {
  const LabelledImages images = images_of({{5, 5, 5}, {0, 0, 0}, {1, 7, 7}, {1, 7, 7}, {5, 5, 5}}, {0, 0, 1, 2, 2});
  EXPECT_EQ(evaluate(brightest_pixel(), images, {}, 3).correct, (Counts{2, 1, 0}));
}

TEST(Evaluate, LooksOnlyAtThePositionsGiven) {
  const LabelledImages images = images_of({{9, 0, 0}, {9, 0, 0}, {0, 9, 0}}, {0, 1, 1});
  const Evaluation evaluation = evaluate(brightest_pixel(), images, {}, 3, index_tensor({1, 2}));
  EXPECT_EQ(evaluation.samples, (Counts{0, 2, 0}));
  EXPECT_EQ(evaluation.correct, (Counts{0, 1, 0}));
}

TEST(Evaluate, OfNothingIsZero) {
  const Evaluation evaluation = evaluate(brightest_pixel(), images_of({{1, 2, 3}}, {0}), {}, 3, index_tensor({}));
  EXPECT_EQ(evaluation.samples, (Counts{0, 0, 0}));
  EXPECT_EQ(evaluation.accuracy(), 0);
}

TEST(Evaluate, MasksTheUnitsOfATap) {
  const Network network = brightest_pixel();
  const LabelledImages images = images_of({{9, 5, 1}}, {1});
  EXPECT_EQ(evaluate(network, images, {}, 3).total_correct(), 0);
  const std::int64_t tap = derive_units(network.architecture).layers[0].tap;
  const TapMasks without_first = {{tap, at::tensor(std::vector<double>{0, 1, 1}, at::TensorOptions(at::kFloat))}};
  EXPECT_EQ(evaluate(network, images, {}, 3, {}, without_first).total_correct(), 1);
}

TEST(Evaluate, AgreesWithPlainLoopsOverMoreThanABatch) {
  const Problem problem = random_problem(2, {.samples = 2345});
  const LabelledImages& images = problem.dataset.test;
  const std::vector<DenseLayer> layers = dense_layers(problem.network);
  Counts correct(3, 0);
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const Row logits = trace(layers, input_row(images, {}, i)).a.back();
    const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
    if (best == images.labels[i].item<std::int64_t>()) ++correct[static_cast<std::size_t>(best)];
  }
  EXPECT_EQ(evaluate(problem.network, images, {}, 3).correct, correct);
}

// ---- How many images at a time ----

TEST(EvaluationBatch, IsAThousandForSmallNetworks) {
  EXPECT_EQ(evaluation_batch(make_mlp({1, 28, 28}, {512, 256}, 10)), 1000);
  EXPECT_EQ(evaluation_batch(make_alexnet_cifar({3, 32, 32}, 10)), 1000);
}

/// A residual addition of maps with a million values a channel: its inputs and its output live at once.
Architecture wide_addition(std::int64_t channels) {
  NetworkBuilder builder("wide", {1, 1000, 1000});
  const std::int64_t stem = builder.convolution("stem", channels, 1, 1, 0, true);
  const std::int64_t branch = builder.convolution("branch", channels, 1, 1, 0, true, stem);
  builder.add(stem, branch);
  builder.relu();
  builder.adaptive_average_pool(1);
  builder.flatten();
  builder.linear("fc", 2);
  return std::move(builder).build(Initialisation::he);
}

TEST(EvaluationBatch, HoldsAGigabyteOfValues) {
  EXPECT_EQ(most_live_values(wide_addition(4)), 12'000'000);
  EXPECT_EQ(evaluation_batch(wide_addition(4)), 20);  // 48 MB an image
  EXPECT_EQ(evaluation_batch(wide_addition(300)), 1);
}

TEST(EvaluationBatch, ChangesNoResult) {
  NetworkBuilder builder("pooled late", {1, 3, 2});
  builder.convolution("a", 8, 3, 1, 1, true);
  builder.batch_norm("norm");
  builder.relu();
  builder.flatten();
  builder.linear("fc", 3);
  const Network network = make_network(std::move(builder).build(Initialisation::he), 1);
  const LabelledImages images = random_problem(5, {.samples = 300}).dataset.test;
  const Evaluation whole = evaluate(network, images, {}, 3);
  Evaluation sum{Counts(3, 0), Counts(3, 0)};
  for (const at::Tensor& part : at::arange(300).split(7)) {
    const Evaluation one = evaluate(network, images, {}, 3, part);
    for (std::size_t c = 0; c < 3; ++c) {
      sum.samples[c] += one.samples[c];
      sum.correct[c] += one.correct[c];
    }
  }
  EXPECT_EQ(whole.samples, sum.samples);
  EXPECT_EQ(whole.correct, sum.correct);
}

TEST(LeastAccuracy, IsReachedByALossOfExactlyTheToleranceAndByNoLargerOne) {
  constexpr int kSamples = 6000;  // MNIST's validation images
  for (const auto& [points, images] : {std::pair(1.0, 60), std::pair(0.5, 30), std::pair(4.0, 240)}) {
    for (int correct = images + 1; correct <= kSamples; ++correct) {
      const double least = least_accuracy(static_cast<double>(correct) / kSamples, points);
      EXPECT_GE(static_cast<double>(correct - images) / kSamples, least) << correct;
      EXPECT_LT(static_cast<double>(correct - images - 1) / kSamples, least) << correct;
    }
  }
}

}  // namespace
}  // namespace neusemslice
