#include "similarity/scan_kernels.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "similarity/scan_kernel_bodies.hpp"
#include "support/gpu.hpp"
#include "support/problem.hpp"

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

TEST(PairSquares, SumOverThePositionsOfBothUnits) {
  // One unit of two positions with two units: entries (0, 0) = 1 + 4 + 25 + 36 and (0, 1) = 9 + 16 + 49 + 64.
  const at::Tensor inner = matrix({1, 2, 3, 4, 5, 6, 7, 8}, 2);
  EXPECT_THAT(to_vector(pair_squares(inner, 2)), testing::ElementsAre(1 + 4 + 25 + 36, 9 + 16 + 49 + 64));
}

TEST(ScanKernels, LoopsAndOperatorsAgree) {
  const at::Tensor features = at::linspace(-1, 2, 24 * 60).view({24, 60}).sin();
  expect_close(column_dots(features, features), aten::column_dots(features, features));
  const at::Tensor inner = at::mm(features.t(), features);
  for (const std::int64_t positions : {1, 3, 60}) {
    expect_close(growth_inside(inner, positions), aten::growth_inside(inner, positions));
    const at::Tensor wide = at::cat({inner, inner}, 1);
    expect_close(pair_squares(wide, positions), aten::pair_squares(wide, positions));
  }
}

TEST(ScanKernels, RefuseMatricesOnTwoDevicesOrOfTwoShapes) {
  EXPECT_THROW(column_dots(at::zeros({3, 2}), at::zeros({3, 4})), Error);
  EXPECT_THROW(column_dots(at::zeros({3, 2}), at::zeros({3, 2}, at::kMeta)), Error);
}

// ---- The arithmetic of one value, which the loops and the CUDA kernels share ----

TEST(ScanKernelBodies, AColumnDotReadsBothMatricesByTheirStrides) {
  const std::vector<float> a = {1, 2, 0, 3, 4, 0};  // two columns of three
  const std::vector<float> b = {5, 6, 7, 8};
  const ColumnDot body{a.data(), b.data(), 3, 2};
  EXPECT_EQ(body.term(1, 0), 3 * 7);
  EXPECT_EQ(body.term(0, 1), 2 * 6);
}

TEST(ScanKernelBodies, GrowthCountsEarlierUnitsTwice) {
  EXPECT_EQ(row_growth(squared(3), squared(2)), 2 * 9 + 4);
}

// ---- The CUDA kernels against the CPU's loops: equal terms, summed in another order of float64 ----

class ScanKernelsOnAGpu : public test_support::OnAGpu {
 protected:
  static void expect_sums(const at::Tensor& there, const at::Tensor& here) {
    EXPECT_TRUE(there.is_cuda());
    EXPECT_LE(test_support::relative_to_largest(there.cpu(), here), 1e-12);
  }
};

TEST_F(ScanKernelsOnAGpu, AgreeWithTheCpu) {
  for (const std::int64_t samples : {1, 24, 700}) {
    const at::Tensor features = test_support::random_tensor(9, "features", {samples, 300}, -1, 1);
    const at::Tensor block = features.slice(1, 40, 280);
    expect_sums(column_dots(features.to(gpu_), features.to(gpu_)), column_dots(features, features));
    expect_sums(column_dots(features.to(gpu_).slice(1, 40, 280), block.contiguous().to(gpu_)),
                column_dots(block, block));
    const at::Tensor inner = at::mm(features.t(), features);
    for (const std::int64_t positions : {1, 3, 60, 300}) {
      expect_sums(growth_inside(inner.to(gpu_), positions), growth_inside(inner, positions));
    }
  }
}

TEST_F(ScanKernelsOnAGpu, TakeNoUnitsAtAll) {
  EXPECT_EQ(column_dots(at::zeros({3, 0}, gpu_), at::zeros({3, 0}, gpu_)).numel(), 0);
  EXPECT_EQ(growth_inside(at::zeros({0, 0}, gpu_), 1).numel(), 0);
}

TEST(ScanKernels, TakeNoUnitsAtAll) {
  EXPECT_EQ(column_dots(at::zeros({3, 0}), at::zeros({3, 0})).numel(), 0);
  EXPECT_EQ(growth_inside(at::zeros({0, 0}), 1).numel(), 0);
}

}  // namespace
}  // namespace neusemslice
