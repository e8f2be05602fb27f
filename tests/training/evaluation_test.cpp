#include "models/zoo.hpp"
#include "training/evaluation.hpp"

#include <gmock/gmock.h>

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

}  // namespace
}  // namespace neusemslice
