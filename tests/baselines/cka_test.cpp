#include "baselines/cka.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/network.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using enum CkaVariant;

at::Tensor matrix(const std::vector<std::vector<double>>& rows) {
  std::vector<at::Tensor> tensors;
  for (const std::vector<double>& row : rows) tensors.push_back(at::tensor(row, at::TensorOptions(at::kDouble)));
  return at::stack(tensors);
}

/// The examples of baselines.md.
struct Examples {
  at::Tensor x = matrix({{1, 0}, {0, 1}, {1, 1}, {2, -1}, {0, 3}});
  at::Tensor y = matrix({{1, 2, 0}, {0, 1, 1}, {1, 3, 1}, {2, 3, -1}, {0, 3, 3}});
  at::Tensor z = matrix({{0, 1}, {1, 0}, {-1, 1}, {1, 2}, {1, -1}});
  at::Tensor second_x = matrix({{1, 2}, {3, 1}, {0, 0.5}, {2, 2}});
  at::Tensor second_z = matrix({{2, 1}, {1, 1}, {0, 1}, {-1, 2}});
};

std::vector<double> values_of(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

at::Tensor batch_grams(const at::Tensor& first, const at::Tensor& second, CkaVariant variant) {
  return at::stack({gram_matrix(first, variant), gram_matrix(second, variant)});
}

/// Gaussian enough for a test: independent uniform numbers around 0.
at::Tensor noise(const std::string& purpose, std::int64_t examples, std::int64_t features) {
  return random_tensor(71, purpose, {examples, features}, -1, 1);
}

/// As some of DeepArc's scripts compare activations: rows of unit length, a row of zeros as it is.
at::Tensor with_unit_rows(const at::Tensor& activations) {
  const at::Tensor rows = activations.flatten(1);
  return rows / rows.norm(2, 1, true).clamp_min(1e-30);
}

TEST(GramMatrix, IsCentredAsEachVariantSays) {
  const at::Tensor x = Examples().x;
  EXPECT_THAT(values_of(gram_matrix(x, debiased)[0]),
              testing::Pointwise(testing::DoubleNear(1e-8),
                                 std::vector<double>{0, -0.83333333, -0.83333333, 2.5, -0.83333333}));
  EXPECT_THAT(values_of(gram_matrix(x, biased)[0]),
              testing::Pointwise(testing::DoubleNear(1e-12), std::vector<double>{0.68, -0.32, -0.12, 1.68, -1.92}));
  EXPECT_THAT(values_of(gram_matrix(x, uncentred)[0]), testing::ElementsAre(1, 0, 1, 2, 0));
}

TEST(Cka, OfTheExamplesIsThatOfEveryVariant) {
  const Examples of;
  EXPECT_NEAR(cka(of.x, of.x, debiased), 1, 1e-12);
  EXPECT_NEAR(cka(of.x, of.y, biased), 0.961481502, 1e-9);
  EXPECT_NEAR(cka(of.x, of.y, debiased), 0.953228825, 1e-9);
  EXPECT_NEAR(cka(of.x, of.y, uncentred), 0.735852464, 1e-9);
  EXPECT_NEAR(cka(of.x, of.z, biased), 0.782383431, 1e-9);
  EXPECT_NEAR(cka(of.x, of.z, debiased), 0.652869236, 1e-9);
  EXPECT_NEAR(cka(of.x, of.z, uncentred), 0.524061775, 1e-9);
}

TEST(Cka, OfTheExamplesWithUnitRowsIsThatOfEveryVariant) {
  const Examples of;
  const at::Tensor x = with_unit_rows(of.x);
  EXPECT_NEAR(cka(x, with_unit_rows(of.y), biased), 0.987153123, 1e-9);
  EXPECT_NEAR(cka(x, with_unit_rows(of.y), debiased), 0.983798411, 1e-9);
  EXPECT_NEAR(cka(x, with_unit_rows(of.y), uncentred), 0.840055362, 1e-9);
  EXPECT_NEAR(cka(x, with_unit_rows(of.z), biased), 0.603684500, 1e-9);
  EXPECT_NEAR(cka(x, with_unit_rows(of.z), debiased), 0.617322123, 1e-9);
  EXPECT_NEAR(cka(x, with_unit_rows(of.z), uncentred), 0.514308341, 1e-9);
}

TEST(CkaSums, AddBatchesBeforeTheyAreNormalised) {
  const Examples of;
  const at::Tensor first = batch_grams(of.x, of.z, debiased);
  const at::Tensor second = batch_grams(of.second_x, of.second_z, debiased);
  const auto product = [&](std::int64_t a, std::int64_t b) {
    return (first[a] * first[b]).sum().item<double>() + (second[a] * second[b]).sum().item<double>();
  };
  EXPECT_NEAR(product(0, 0), 48.8333333, 1e-7);
  EXPECT_NEAR(product(0, 1), 13.5, 1e-9);
  EXPECT_NEAR(product(1, 1), 23.0, 1e-9);
  CkaSums sums(2);
  sums.add(first);
  sums.add(second);
  EXPECT_NEAR(sums.value()[0][1].item<double>(), 13.5 / std::sqrt(293.0 / 6.0 * 23.0), 1e-12);  // 0.402820594
  EXPECT_TRUE(bits_equal(sums.value(), sums.value().t()));
}

TEST(Cka, OfOneLargeBatchIsAnotherNumberThanOfTwoSmall) {
  const Examples of;
  const at::Tensor x = at::cat({of.x, of.second_x});
  const at::Tensor z = at::cat({of.z, of.second_z});
  EXPECT_NEAR(cka(x, z, debiased), 0.075957251, 1e-9);
  EXPECT_NEAR(cka(x, z, biased), 0.307385885, 1e-9);
}

TEST(Cka, OfNetTsLayersOrdersThemDifferentlyByVariant) {
  std::vector<at::Tensor> inputs;
  for (const auto& [a, b] : {std::pair{1.0, 1.0}, {-1.0, 2.0}, {0.5, 0.0}, {2.0, -1.0}, {0.0, 3.0}, {1.5, 0.5}}) {
    inputs.push_back(net_t_input(a, b));
  }
  const std::vector<at::Tensor> values = forward_all(net_t(), at::cat(inputs));
  const at::Tensor& r1 = values[3];  // input, flatten, fc1, ReLU, fc2, ReLU, fc3
  const at::Tensor& r2 = values[5];
  const at::Tensor& logits = values[6];
  EXPECT_NEAR(cka(r1, r2, debiased), 0.270392762, 1e-7);
  EXPECT_NEAR(cka(r1, logits, debiased), 0.100123733, 1e-7);
  EXPECT_NEAR(cka(r2, logits, debiased), 0.863128122, 1e-7);
  EXPECT_NEAR(cka(r1, r2, biased), 0.332893279, 1e-7);
  EXPECT_NEAR(cka(r1, logits, biased), 0.166379129, 1e-7);
  EXPECT_NEAR(cka(r2, logits, biased), 0.902913032, 1e-7);
  EXPECT_NEAR(cka(r1, r2, uncentred), 0.715873536, 1e-7);
  EXPECT_NEAR(cka(r1, logits, uncentred), 0.280543642, 1e-7);
  EXPECT_NEAR(cka(r2, logits, uncentred), 0.628268736, 1e-7);
}

TEST(Cka, DoesNotSeeRotationsScalesAndOffsets) {
  const at::Tensor activations = noise("activations", 20, 2).to(at::kDouble);
  const at::Tensor rotation = matrix({{0.6, -0.8}, {0.8, 0.6}});
  const at::Tensor other = noise("other", 20, 3).to(at::kDouble);
  const at::Tensor moved = 3 * at::mm(activations, rotation) + matrix({{5, -7}});
  for (const CkaVariant variant : {debiased, biased}) {
    EXPECT_NEAR(cka(activations, moved, variant), 1, 1e-12);
    EXPECT_NEAR(cka(moved, other, variant), cka(activations, other, variant), 1e-12);
  }
}

TEST(Cka, OfIndependentNoiseIsNearZeroOnlyWhenDebiased) {
  const at::Tensor first = noise("first", 64, 2000);
  const at::Tensor second = noise("second", 64, 2000);
  EXPECT_LT(std::abs(cka(first, second, debiased)), 0.05);
  EXPECT_GT(cka(first, second, biased), 0.9);
}

TEST(Cka, LosesNoDigitsToALargeConstant) {
  const at::Tensor first = noise("first", 30, 40);
  const at::Tensor second = noise("second", 30, 40) + first;
  const at::Tensor offset = first.to(at::kDouble).add(1000).to(at::kFloat);
  EXPECT_NEAR(cka(offset, second, debiased), cka(offset.to(at::kDouble), second.to(at::kDouble), debiased), 1e-6);
}

TEST(Cka, OfMoreFeaturesThanFitAtATimeIsThatInFloat64) {
  const at::Tensor first = noise("first", 8, 150'000).abs();
  const at::Tensor second = at::cat({first.slice(1, 0, 30'000), noise("second", 8, 50'000)}, 1);
  for (const CkaVariant variant : {debiased, biased, uncentred}) {
    EXPECT_NEAR(cka(first, second, variant), cka(first.to(at::kDouble), second.to(at::kDouble), variant), 1e-5);
  }
}

TEST(Cka, OfMapsIsThatOfTheirFlattenedValues) {
  const at::Tensor maps = noise("maps", 6, 24).view({6, 2, 3, 4});
  const at::Tensor other = noise("other", 6, 5);
  EXPECT_EQ(cka(maps, other, debiased), cka(maps.flatten(1), other, debiased));
}

TEST(Cka, OfALayerThatDoesNotDependOnTheExampleIsZero) {
  const at::Tensor constant = at::full({9, 7}, 0.1, at::kFloat);
  const at::Tensor layer = noise("layer", 9, 7);
  for (const CkaVariant variant : {debiased, biased}) {
    EXPECT_EQ(cka(constant, layer, variant), 0);
    EXPECT_EQ(cka(constant, constant, variant), 0);
  }
  EXPECT_EQ(cka(at::zeros({9, 7}), layer, uncentred), 0);
}

TEST(CkaSums, HaveOnesOnTheDiagonalEvenForAConstantLayer) {
  CkaSums sums(2);
  sums.add(batch_grams(at::ones({5, 2}), Examples().x, debiased));
  EXPECT_THAT(values_of(sums.value()), testing::ElementsAre(1, 0, 0, 1));
}

TEST(CkaSums, NeedABatch) {
  EXPECT_THROW((void)CkaSums(2).value(), Error);
}

TEST(GramMatrix, NeedsFourExamplesToBeDebiased) {
  EXPECT_THROW((void)gram_matrix(at::ones({3, 2}), debiased), Error);
}

}  // namespace
}  // namespace neusemslice
