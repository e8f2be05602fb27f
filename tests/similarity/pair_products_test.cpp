#include "similarity/pair_products.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

constexpr std::array kForms = {PairForm::features, PairForm::grams};

/// <K_i, K_j> written out, float64.
at::Tensor expected_products(const at::Tensor& features) {
  const at::Tensor by_unit = features.to(at::kDouble).permute({1, 0, 2});
  const at::Tensor grams = at::bmm(by_unit, by_unit.transpose(1, 2)).flatten(1);
  return at::mm(grams, grams.t());
}

TEST(UnitBlock, OfTwoUnitsIsWorkedByHand) {
  // Two samples at one position: units (1, 0) and (1, 2). K_0 = (1 0; 0 0), K_1 = (1 2; 2 4).
  const at::Tensor features = to_tensor(Row{1, 1, 0, 2}).to(at::kFloat).view({2, 2, 1});
  for (const PairForm form : kForms) {
    const UnitBlock units(features, form, false);
    EXPECT_EQ(to_row(units.products_with(units).flatten()), (Row{1, 1, 1, 25}));
  }
}

TEST(UnitBlock, InEitherFormGivesTheProductsOfGramMatrices) {
  for (const std::int64_t positions : {1, 3, 40}) {
    const at::Tensor features = random_tensor(1, "features", {12, 9, positions}, -1, 1);
    const at::Tensor centred = features - features.to(at::kDouble).mean(0);
    for (const PairForm form : kForms) {
      const UnitBlock units(features, form, false);
      const at::Tensor expected = expected_products(features);
      EXPECT_LE(relative_to_largest(units.products_with(units), expected), 2e-6);
      EXPECT_LE(relative_to_largest(units.slice(2, 5).products_with(units.slice(4, 9)),
                                    expected.slice(0, 2, 5).slice(1, 4, 9)),
                2e-6);
      const UnitBlock moved(features, form, true);
      EXPECT_LE(relative_to_largest(moved.products_with(moved), expected_products(centred)), 2e-6);
    }
  }
}

TEST(UnitBlock, OfValuesFarFromOneHasProductsOfTheirScale) {
  const at::Tensor features = random_tensor(2, "features", {6, 4, 2}, 0, 1);
  for (const PairForm form : kForms) {
    const UnitBlock small(features * 0x1p-60, form, false);
    const UnitBlock large(features * 0x1p30, form, false);
    EXPECT_LE(relative_to_largest(small.products_with(large) * 0x1p60, expected_products(features)), 2e-6);
  }
}

TEST(PairProducts, OfBlocksAreThoseOfTheWhole) {
  const at::Tensor features = random_tensor(3, "features", {10, 150, 2}, 0, 1);
  const at::Tensor order = index_tensor(random_order(3, 150));
  const Row expected = algorithm_one_curve(features, random_order(3, 150), false);
  for (const PairForm form : kForms) {
    PairProducts whole(150, at::kCPU);
    whole.add(0, UnitBlock(features, form, false));
    PairProducts parts(150, at::kCPU);
    const UnitBlock first(features.slice(1, 0, 70), form, false);
    const UnitBlock second(features.slice(1, 70, 150), form, false);
    parts.add(70, second);
    parts.add(0, first);
    parts.add(70, second, 0, first);
    EXPECT_LE((whole.curve(order) - to_tensor(expected)).abs().max().item<double>(), 1e-5);
    EXPECT_LE((parts.curve(order) - whole.curve(order)).abs().max().item<double>(), 1e-6);
  }
}

TEST(PairProducts, RefuseAnOrderOfAnotherLayer) {
  EXPECT_THROW(PairProducts(4, at::kCPU).curve(at::arange(3)), Error);
}

TEST(ChoosePairForm, TakesGramMatricesWherePositionsAreMany) {
  EXPECT_EQ(choose_pair_form({256, 512, 1}), PairForm::features);
  EXPECT_EQ(choose_pair_form({256, 512, 4}), PairForm::features);
  EXPECT_EQ(choose_pair_form({256, 384, 64}), PairForm::grams);
  EXPECT_EQ(choose_pair_form({256, 64, 50176}), PairForm::grams);
}

}  // namespace
}  // namespace neusemslice
