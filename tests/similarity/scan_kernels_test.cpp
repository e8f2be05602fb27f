#include "similarity/scan_kernels.hpp"

#include <gmock/gmock.h>

namespace neusemslice {
namespace {

std::vector<double> to_vector(const at::Tensor& values) {
  const auto* data = values.const_data_ptr<double>();
  return {data, data + values.numel()};
}

at::Tensor matrix(std::vector<float> values, std::int64_t rows) {
  return at::tensor(values, at::TensorOptions(at::kFloat)).view({rows, -1});
}

void expect_close(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_TRUE(at::allclose(a, b, 1e-6, 1e-12)) << a << "\n" << b;
}

TEST(ColumnDots, MultiplyColumnByColumn) {
  const at::Tensor a = matrix({1, 2, 3, 4}, 2);
  const at::Tensor b = matrix({5, 6, 7, 8}, 2);
  EXPECT_THAT(to_vector(column_dots(a, b)), testing::ElementsAre(1 * 5 + 3 * 7, 2 * 6 + 4 * 8));
}

TEST(ColumnDots, ReadABlockOfColumnsInPlace) {
  const at::Tensor whole = at::arange(12, at::kFloat).view({3, 4});
  const at::Tensor block = whole.slice(1, 1, 3);
  EXPECT_THAT(to_vector(column_dots(block, block)), testing::ElementsAre(1 + 25 + 81, 4 + 36 + 100));
}

TEST(GrowthInside, CountsEarlierUnitsTwiceAndTheUnitItselfOnce) {
  const at::Tensor inner = matrix({1, 2, 3, 2, 4, 5, 3, 5, 6}, 3);
  EXPECT_THAT(to_vector(growth_inside(inner, 1)), testing::ElementsAre(1, 2 * 4 + 16, 2 * (9 + 25) + 36));
}

TEST(GrowthInside, SumsOverThePositionsOfBothUnits) {
  const at::Tensor inner = at::ones({4, 4});  // two units of two positions: <K_i, K_j> = 4
  EXPECT_THAT(to_vector(growth_inside(inner, 2)), testing::ElementsAre(4, 2 * 4 + 4));
}

TEST(ScanKernels, LoopsAndOperatorsAgree) {
  const at::Tensor features = at::linspace(-1, 2, 24 * 60).view({24, 60}).sin();
  expect_close(column_dots(features, features), aten::column_dots(features, features));
  const at::Tensor inner = at::mm(features.t(), features);
  for (const std::int64_t positions : {1, 3, 60}) {
    expect_close(growth_inside(inner, positions), aten::growth_inside(inner, positions));
  }
}

TEST(ScanKernels, TakeNoUnitsAtAll) {
  EXPECT_EQ(column_dots(at::zeros({3, 0}), at::zeros({3, 0})).numel(), 0);
  EXPECT_EQ(growth_inside(at::zeros({0, 0}), 1).numel(), 0);
}

}  // namespace
}  // namespace neusemslice
