#include "contribution/moments.hpp"

#include <gmock/gmock.h>

#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

at::Tensor column(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).view({-1, 1});
}

/// Values 1e4 +- 1e-2, as float32 has them.
at::Tensor far_from_zero() {
  return random_tensor(1, "far from zero", {500, 3}, 1e4 - 1e-2, 1e4 + 1e-2);
}

/// Two passes in float64: the plain definition.
at::Tensor plain_variance(const at::Tensor& values) {
  const at::Tensor exact = values.to(at::kDouble);
  return (exact - exact.mean(0)).square().mean(0);
}

UnitMoments moments_of(const at::Tensor& values) {
  UnitMoments moments;
  moments.add(values);
  return moments;
}

TEST(UnitMoments, OfFourNumbers) {
  const UnitMoments moments = moments_of(column({2, 4, 4, 6}));
  EXPECT_EQ(moments.count(), 4);
  EXPECT_DOUBLE_EQ(moments.mean().item<double>(), 4);
  EXPECT_DOUBLE_EQ(moments.variance().item<double>(), 2);
}

TEST(UnitMoments, OfOneNumberHaveNoVariance) {
  EXPECT_EQ(moments_of(column({7})).variance().item<double>(), 0);
}

TEST(UnitMoments, DoNotCancelFarFromZero) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor values = far_from_zero().to(type);
    UnitMoments moments;
    for (const at::Tensor& batch : values.split(7)) moments.add(batch);
    EXPECT_LE(relative_to_largest(moments.variance(), plain_variance(values)), 1e-9);
  }
}

TEST(UnitMoments, DoNotCancelOnAShiftOfABillion) {
  const at::Tensor values = column({1e9, 1e9 + 1, 1e9 + 2});
  EXPECT_NEAR(moments_of(values).variance().item<double>(), 2.0 / 3.0, 1e-6);
}

TEST(UnitMoments, OfAConstantAreExactlyZero) {
  UnitMoments moments;
  for (int batch = 0; batch < 10; ++batch) moments.add(at::full({3, 1}, 0.1));
  EXPECT_EQ(moments.variance().item<double>(), 0);
}

TEST(UnitMoments, MergeInAnyOrder) {
  const at::Tensor values = far_from_zero();
  const std::vector<at::Tensor> batches = values.split({1, 250, 49, 0, 200});
  for (const std::vector<std::size_t>& order :
       std::vector<std::vector<std::size_t>>{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}}) {
    UnitMoments merged;
    for (const std::size_t i : order) merged.merge(moments_of(batches[i]));
    EXPECT_EQ(merged.count(), 500);
    EXPECT_LE(relative_to_largest(merged.mean(), values.to(at::kDouble).mean(0)), 1e-14);
    EXPECT_LE(relative_to_largest(merged.variance(), plain_variance(values)), 1e-9);
  }
}

TEST(UnitMoments, MergingLeavesTheOtherAlone) {
  UnitMoments left = moments_of(column({1, 3}));
  const UnitMoments right = moments_of(column({5}));
  left.merge(right);
  left.merge(right);
  EXPECT_EQ(right.count(), 1);
  EXPECT_DOUBLE_EQ(right.mean().item<double>(), 5);
  EXPECT_DOUBLE_EQ(left.mean().item<double>(), 3.5);
}

TEST(UnitMoments, MergingIntoNothingIsACopyThatCanGrow) {
  const UnitMoments source = moments_of(column({1, 3}));
  UnitMoments copy;
  copy.merge(source);
  copy.add(column({8}));
  EXPECT_DOUBLE_EQ(copy.mean().item<double>(), 4);
  EXPECT_DOUBLE_EQ(source.mean().item<double>(), 2);
  EXPECT_EQ(source.count(), 2);
}

TEST(UnitMoments, AnEmptyBatchAddsNothing) {
  UnitMoments moments = moments_of(column({1, 3}));
  moments.add(at::zeros({0, 1}));
  moments.merge({});
  EXPECT_EQ(moments.count(), 2);
  EXPECT_DOUBLE_EQ(moments.mean().item<double>(), 2);
}

}  // namespace
}  // namespace neusemslice
