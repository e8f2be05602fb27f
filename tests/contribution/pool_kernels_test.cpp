#include "contribution/pool_kernels.hpp"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include "core/error.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

constexpr MaxPooling kPairs{.kernel = 2, .stride = 2};

at::Tensor plane(const Row& values, std::int64_t rows) {
  return to_tensor(values).to(at::kFloat).view({1, 1, rows, -1});
}

// ---- By hand ----

TEST(MaxPoolBackward, GivesEachWindowsGradientToItsLargestValue) {
  const at::Tensor values = plane({1, 4, 2, 2, 3, 0, 5, 2}, 2);
  EXPECT_EQ(to_row(max_pool_backward(values, plane({10, 20}, 1), kPairs).flatten()), (Row{0, 10, 0, 0, 0, 0, 20, 0}));
}

TEST(MaxPoolBackward, OfEqualValuesTakesTheFirst) {
  EXPECT_EQ(to_row(max_pool_backward(plane({3, 3, 3, 3}, 2), plane({7}, 1), kPairs).flatten()), (Row{7, 0, 0, 0}));
}

TEST(MaxPoolBackward, AddsUpWhereWindowsOverlap) {
  // Windows of 2 by steps of 1 over (1, 5, 2): 5 is the largest of both.
  const MaxPooling overlapping{.kernel = 2, .stride = 1};
  const at::Tensor values = plane({1, 5, 2, 0, 0, 0}, 2);
  EXPECT_EQ(to_row(max_pool_backward(values, plane({10, 20}, 1), overlapping).flatten()), (Row{0, 30, 0, 0, 0, 0}));
}

TEST(MaxPoolRescale, CreditsTheInputsArgMaxWhereThePooledValueRises) {
  // v = 4 at place 1, r = 2 at place 2: the credit 3 * (4 - 2) over place 1's own difference 4 - 1.
  const at::Tensor multipliers =
      max_pool_rescale(plane({0, 4, 1, 0}, 2), plane({0, 1, 2, 0}, 2), plane({3}, 1), kPairs);
  EXPECT_EQ(to_row(multipliers.flatten()), (Row{0, 2, 0, 0}));
}

TEST(MaxPoolRescale, CreditsTheReferencesArgMaxWhereThePooledValueFalls) {
  // v = 1 at place 2, r = 3 at place 0, where the input is -1: 6 * (1 - 3) / (-1 - 3).
  const at::Tensor multipliers =
      max_pool_rescale(plane({-1, 0, 1, 0}, 2), plane({3, 0, 2, 0}, 2), plane({6}, 1), kPairs);
  EXPECT_EQ(to_row(multipliers.flatten()), (Row{3, 0, 0, 0}));
}

TEST(MaxPoolRescale, AConstantReferenceIsLargestAtTheFirstPlace) {
  // All of the reference is 2 within 1e-6; v = 1 falls, so place 0 is credited: 4 * (1 - 2) / (0 - 2).
  const at::Tensor reference = plane({2, 2.000001, 2, 2}, 2);
  const at::Tensor multipliers = max_pool_rescale(plane({0, 0, 0, 1}, 2), reference, plane({4}, 1), kPairs);
  EXPECT_NEAR(multipliers.flatten()[0].item<double>(), 2, 1e-5);
  EXPECT_EQ(multipliers.count_nonzero().item<std::int64_t>(), 1);
}

TEST(MaxPoolRescale, IsTheOrdinaryGradientWhereNothingMoves) {
  const at::Tensor values = plane({1, 5, 2, 0}, 2);
  EXPECT_EQ(to_row(max_pool_rescale(values, values, plane({3}, 1), kPairs).flatten()), (Row{0, 3, 0, 0}));
}

TEST(MaxPoolRescale, AddsTheCreditsOfOverlappingWindows) {
  // Place 1 is the largest of both windows and differs by 4: credits 2 * (5 - 3) and 4 * (5 - 1).
  const MaxPooling overlapping{.kernel = 2, .stride = 1};
  const at::Tensor multipliers =
      max_pool_rescale(plane({0, 5, 0, 0, 0, 0}, 2), plane({3, 1, 0, 0, 0, 0}, 2), plane({2, 4}, 1), overlapping);
  EXPECT_EQ(to_row(multipliers.flatten()), (Row{0, 1 + 4, 0, 0, 0, 0}));
}

TEST(MaxPoolRescale, PaddingIsNeverTheLargest) {
  const MaxPooling padded{.kernel = 2, .stride = 2, .padding = 1};  // every corner alone
  const at::Tensor values = plane({-1, -2, -3, -4}, 2);
  const at::Tensor multipliers = max_pool_rescale(values, values - 1, plane({1, 2, 3, 4}, 2), padded);
  EXPECT_EQ(to_row(multipliers.flatten()), (Row{1, 2, 3, 4}));
}

// ---- The loops against LibTorch's operators in float64 ----

struct Case {
  std::int64_t height;
  std::int64_t width;
  MaxPooling pooling;
};

const std::vector<Case> kCases = {{8, 6, {2, 2, 0}}, {9, 9, {3, 2, 1}}, {7, 8, {3, 1, 1}},
                                  {5, 5, {5, 1, 2}}, {7, 7, {2, 3, 0}}, {6, 6, {3, 2, 0}}};

struct Inputs {
  at::Tensor values;
  at::Tensor reference;
  at::Tensor gradients;
};

/// What a ReLU leaves, so that many windows have equal values.
Inputs inputs(const Case& of) {
  const auto relu = [&](const std::string& name, std::int64_t samples) {
    return random_tensor(3, name, {samples, 5, of.height, of.width}, -1, 1).relu();
  };
  const at::Tensor values = relu("values", 4);
  const at::Tensor pooled = at::max_pool2d(values, of.pooling.kernel, of.pooling.stride, of.pooling.padding);
  return {values, relu("reference", 1), random_tensor(3, "gradients", pooled.sizes(), -1, 1)};
}

TEST(PoolKernels, AgreeWithTheOperatorsOnEveryKindOfWindow) {
  for (const Case& of : kCases) {
    SCOPED_TRACE(fmt::format("{}x{}, kernel {}", of.height, of.width, of.pooling.kernel));
    const auto [values, reference, gradients] = inputs(of);
    const auto exact = [](const at::Tensor& tensor) { return tensor.to(at::kDouble); };
    EXPECT_LE(relative_to_largest(max_pool_backward(values, gradients, of.pooling),
                                  aten::max_pool_backward(exact(values), exact(gradients), of.pooling)),
              1e-6);
    EXPECT_LE(
        relative_to_largest(max_pool_rescale(values, reference, gradients, of.pooling),
                            aten::max_pool_rescale(exact(values), exact(reference), exact(gradients), of.pooling)),
        1e-6);
  }
}

TEST(PoolKernels, MultipliersTimesDifferencesAddUpToWhatThePooledValuesMove) {
  for (const Case& of : kCases) {
    const auto [values, reference, gradients] = inputs(of);
    const auto pooled = [&](const at::Tensor& tensor) {
      return at::max_pool2d(tensor, of.pooling.kernel, of.pooling.stride, of.pooling.padding).to(at::kDouble);
    };
    const at::Tensor below = max_pool_rescale(values, reference, gradients, of.pooling) * (values - reference);
    const at::Tensor above = gradients * (pooled(values) - pooled(reference));
    EXPECT_LE(relative_to_largest(below.to(at::kDouble).sum({1, 2, 3}), above.sum({1, 2, 3})), 1e-6);
  }
}

TEST(PoolKernels, GiveTheSameBitsOnAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  const Case of{30, 30, {3, 2, 1}};
  const auto [values, reference, gradients] = inputs(of);
  std::vector<at::Tensor> results;
  for (const int threads : {1, 2, 5}) {
    at::set_num_threads(threads);
    results.push_back(max_pool_rescale(values, reference, gradients, of.pooling));
  }
  at::set_num_threads(before);
  EXPECT_TRUE(bits_equal(results[1], results[0]));
  EXPECT_TRUE(bits_equal(results[2], results[0]));
}

TEST(PoolKernels, RefuseGradientsOfAnotherShape) {
  const at::Tensor values = at::zeros({2, 3, 8, 8});
  EXPECT_THROW(max_pool_backward(values, at::zeros({2, 3, 3, 4}), kPairs), Error);
  EXPECT_THROW(max_pool_backward(values, at::zeros({1, 3, 4, 4}), kPairs), Error);
  EXPECT_THROW(max_pool_rescale(values, at::zeros({2, 3, 8, 8}), at::zeros({2, 3, 4, 4}), kPairs), Error);
}

}  // namespace
}  // namespace neusemslice
