#include "similarity/scan.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "parallel/device.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::HasSubstr;

constexpr double kTolerance = 1e-5;  // method.md section 3

struct Shape {
  std::int64_t samples;
  std::int64_t units;
  std::int64_t positions;
};

/// What a ReLU leaves: half of the entries zero, units of very different size, unit 1 dead and the last one constant.
at::Tensor relu_features(std::uint64_t seed, const Shape& shape) {
  at::Tensor features = random_tensor(seed, "features", {shape.samples, shape.units, shape.positions}, -1, 1).relu();
  const at::Tensor size = random_tensor(seed, "size", {shape.units}, 0, 1).pow(3) * 5;
  features = features * size.view({1, -1, 1});
  if (shape.units > 3) {
    features.select(1, 1).zero_();
    features.select(1, shape.units - 1).fill_(0.75);
  }
  return features;
}

const std::vector<ScanMethod> kMethods = {ScanMethod::pairwise, ScanMethod::blocked, ScanMethod::by_unit};

std::string name_of(ScanMethod method) {
  if (method == ScanMethod::pairwise) return "pairwise";
  return method == ScanMethod::blocked ? "blocked" : "by_unit";
}

/// max |sim - reference| over every k.
double deviation(const at::Tensor& curve, const Row& expected) {
  EXPECT_EQ(curve.numel(), static_cast<std::int64_t>(expected.size()));
  EXPECT_EQ(curve.scalar_type(), at::kDouble);
  return (curve - to_tensor(expected)).abs().max().item<double>();
}

at::Tensor identity(std::int64_t count) {
  return at::arange(count);
}

class ScanShapes : public testing::TestWithParam<Shape> {};

TEST_P(ScanShapes, EveryMethodFollowsAlgorithmOneForEveryK) {
  const Shape shape = GetParam();
  double worst = 0;
  for (const bool centered : {false, true}) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const at::Tensor features = relu_features(seed, shape);
      const std::vector<std::int64_t> order = random_order(seed, shape.units);
      const Row expected = algorithm_one_curve(features, order, centered);
      for (const ScanMethod method : kMethods) {
        const SimilarityScan scan(features, {.centered = centered}, method);
        const double error = deviation(scan.curve(index_tensor(order)), expected);
        EXPECT_LE(error, kTolerance) << name_of(method) << (centered ? " centred" : "") << " seed " << seed;
        worst = std::max(worst, error);
      }
    }
  }
  RecordProperty("largest_error", fmt::format("{:.2e}", worst));
}

INSTANTIATE_TEST_SUITE_P(Shapes, ScanShapes,
                         testing::Values(Shape{20, 30, 1}, Shape{12, 80, 1}, Shape{7, 150, 1}, Shape{16, 25, 4},
                                         Shape{10, 8, 36}, Shape{6, 5, 80}, Shape{1, 6, 1}, Shape{1, 4, 5},
                                         Shape{2, 9, 2}, Shape{9, 1, 1}, Shape{9, 1, 7}),
                         [](const auto& test) {
                           return fmt::format("Samples{}Units{}Positions{}", test.param.samples, test.param.units,
                                              test.param.positions);
                         });

TEST(Scan, OfTwoOrthogonalUnitsIsWorkedByHand) {
  // Features (1, 0) and (0, 2): M = diag(1, 4), M_1 = diag(1, 0): sim = 1 / sqrt(17); unit 1 alone: 4 / sqrt(17).
  const at::Tensor features = to_tensor(Row{1, 0, 0, 2}).to(at::kFloat).view({2, 2, 1});
  for (const ScanMethod method : kMethods) {
    const SimilarityScan scan(features, {}, method);
    const Row first = to_row(scan.curve(index_tensor({0, 1})));
    const Row second = to_row(scan.curve(index_tensor({1, 0})));
    EXPECT_NEAR(first[1], 1 / std::sqrt(17.0), 1e-7);
    EXPECT_NEAR(second[1], 4 / std::sqrt(17.0), 1e-7);
    EXPECT_EQ(first[0], 0);
    EXPECT_NEAR(first[2], 1, 1e-7);
  }
}

TEST(Scan, CentredOfTwoUnitsIsWorkedByHand) {
  // Samples (1, 0), (3, 2), centred (-1, -1), (1, 1): both units have the same Gram matrix, so each is already like
  // both.
  const at::Tensor features = to_tensor(Row{1, 0, 3, 2}).to(at::kFloat).view({2, 2, 1});
  for (const ScanMethod method : kMethods) {
    const Row curve = to_row(SimilarityScan(features, {.centered = true}, method).curve(identity(2)));
    EXPECT_EQ(curve[0], 0);
    EXPECT_NEAR(curve[1], 1, 1e-7);
    EXPECT_NEAR(curve[2], 1, 1e-7);
  }
}

TEST(Scan, UncentredOfTheDigestsExampleIsItsNumber) {
  // baselines.md section 1: uncentred X, Y of the table = 0.735852464, as X beside (X and what makes it Y) need not be
  // nested, take S = the units of X within the layer (X, Y).
  const Row x = {1, 0, 0, 1, 1, 1, 2, -1, 0, 3};
  const Row y = {1, 2, 0, 0, 1, 1, 1, 3, 1, 2, 3, -1, 0, 3, 3};
  at::Tensor both = at::cat({to_tensor(x).view({5, 2}), to_tensor(y).view({5, 3})}, 1).to(at::kFloat).unsqueeze(2);
  const at::Tensor kx = at::mm(to_tensor(x).view({5, 2}), to_tensor(x).view({5, 2}).t());
  const at::Tensor ky = at::mm(to_tensor(y).view({5, 3}), to_tensor(y).view({5, 3}).t());
  const double cross = 0.735852464 * kx.norm().item<double>() * ky.norm().item<double>();  // <Kx, Ky>
  const double xx = kx.square().sum().item<double>();
  const double yy = ky.square().sum().item<double>();
  const double expected = (xx + cross) / std::sqrt(xx * (xx + 2 * cross + yy));
  for (const ScanMethod method : kMethods) {
    EXPECT_NEAR(SimilarityScan(both, {}, method).curve(identity(5))[2].item<double>(), expected, 1e-7);
  }
}

TEST(Scan, BeginsAtZeroAndEndsAtOne) {
  for (const Shape& shape : {Shape{20, 30, 1}, Shape{8, 12, 9}}) {
    for (const ScanMethod method : kMethods) {
      const at::Tensor curve = SimilarityScan(relu_features(5, shape), {}, method).curve(identity(shape.units));
      EXPECT_EQ(curve[0].item<double>(), 0);
      EXPECT_NEAR(curve[shape.units].item<double>(), 1, 1e-6);
      EXPECT_LE(curve.max().item<double>(), 1);
    }
  }
}

TEST(Scan, ASilentLayerIsLikeEveryPartOfIt) {
  for (const bool centered : {false, true}) {
    for (const std::int64_t positions : {1, 4}) {
      for (const ScanMethod method : kMethods) {
        const SimilarityScan scan(at::zeros({6, 5, positions}), {.centered = centered}, method);
        EXPECT_EQ(to_row(scan.curve(identity(5))), Row(6, 1.0)) << name_of(method);
      }
    }
  }
}

TEST(Scan, AConstantLayerIsSilentOnceCentred) {
  const at::Tensor features =
      at::tensor(std::vector<double>{0.1, 0.7, 123.456}, at::kFloat).view({1, 3, 1}).repeat({9, 1, 1});
  for (const ScanMethod method : kMethods) {
    EXPECT_EQ(to_row(SimilarityScan(features, {.centered = true}, method).curve(identity(3))), Row(4, 1.0));
    EXPECT_LT(SimilarityScan(features, {}, method).curve(identity(3))[1].item<double>(), 1.1);
  }
}

TEST(Scan, OneSampleIsSilentOnceCentred) {
  for (const ScanMethod method : kMethods) {
    const SimilarityScan scan(relu_features(1, {1, 6, 1}), {.centered = true}, method);
    EXPECT_EQ(to_row(scan.curve(identity(6))), Row(7, 1.0)) << name_of(method);
  }
}

TEST(Scan, APrefixOfDeadUnitsIsLikeNothing) {
  for (const std::int64_t positions : {1, 3}) {
    at::Tensor features = relu_features(2, {10, 6, positions});
    features.slice(1, 0, 3).zero_();
    for (const ScanMethod method : kMethods) {
      const Row curve = to_row(SimilarityScan(features, {}, method).curve(identity(6)));
      for (std::size_t k = 0; k <= 3; ++k) EXPECT_EQ(curve[k], 0) << name_of(method) << " k " << k;
      EXPECT_GT(curve[4], 0);
    }
  }
}

TEST(Scan, APrefixOfConstantUnitsIsLikeNothingOnceCentred) {
  for (const std::int64_t positions : {1, 3}) {
    at::Tensor features = relu_features(3, {10, 6, positions});
    features.select(1, 0).fill_(0.1);
    features.select(1, 1).fill_(4321.1);
    for (const ScanMethod method : kMethods) {
      const Row curve = to_row(SimilarityScan(features, {.centered = true}, method).curve(identity(6)));
      EXPECT_EQ(curve[1], 0) << name_of(method);
      EXPECT_EQ(curve[2], 0) << name_of(method);
      EXPECT_GT(curve[3], 0) << name_of(method);
    }
  }
}

TEST(Scan, WithoutSamplesEverySliceIsAsGood) {
  for (const std::int64_t positions : {1, 4}) {
    for (const bool centered : {false, true}) {
      for (const ScanMethod method : kMethods) {
        const SimilarityScan scan(at::zeros({0, 3, positions}), {.centered = centered}, method);
        EXPECT_EQ(to_row(scan.curve(identity(3))), Row(4, 1.0)) << name_of(method);
      }
      EXPECT_EQ(to_row(SimilarityScan(at::zeros({0, 3, positions}), {.centered = centered}).curve(identity(3))),
                Row(4, 1.0));
    }
  }
}

TEST(Scan, EqualUnitsGiveTheSameCurveInAnyOrder) {
  const at::Tensor one = relu_features(4, {12, 1, 1});
  const at::Tensor features = one.repeat({1, 5, 1});
  for (const ScanMethod method : kMethods) {
    const Row curve = to_row(SimilarityScan(features, {}, method).curve(index_tensor({3, 1, 4, 0, 2})));
    EXPECT_EQ(curve[0], 0);
    for (std::size_t k = 1; k <= 5; ++k) EXPECT_NEAR(curve[k], 1, 1e-6);
  }
}

TEST(Scan, MayFallOnTheWay) {
  // Units (2, 0), (0, 2), (10, 0): M = diag(104, 4). The first unit points as the layer does, the second turns away.
  const at::Tensor features = to_tensor(Row{2, 0, 10, 0, 2, 0}).to(at::kFloat).view({2, 3, 1});
  for (const ScanMethod method : kMethods) {
    const Row curve = to_row(SimilarityScan(features, {}, method).curve(identity(3)));
    EXPECT_NEAR(curve[1], 104 / std::sqrt(104 * 104 + 4 * 4), 1e-6);
    EXPECT_NEAR(curve[2], (4 * 104 + 4 * 4) / std::sqrt(32.0 * (104 * 104 + 4 * 4)), 1e-6);
    EXPECT_NEAR(curve[3], 1, 1e-6);
    EXPECT_LT(curve[2], curve[1]);
  }
}

TEST(Scan, OneScanServesManyOrders) {
  const at::Tensor features = relu_features(6, {15, 20, 2});
  const SimilarityScan scan(features, {});
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const std::vector<std::int64_t> order = random_order(seed, 20);
    EXPECT_LE(deviation(scan.curve(index_tensor(order)), algorithm_one_curve(features, order, false)), kTolerance);
  }
}

TEST(Scan, LeavesTheFeaturesAlone) {
  const at::Tensor features = relu_features(7, {10, 12, 2});
  const at::Tensor before = features.clone();
  for (const bool centered : {false, true}) {
    const SimilarityScan scan(features, {.centered = centered});
    EXPECT_EQ(scan.curve(identity(12)).numel(), 13);
  }
  EXPECT_TRUE(bits_equal(features, before));
}

TEST(Scan, TakesFeaturesThatAreAView) {
  const at::Tensor wide = relu_features(8, {10, 24, 1});
  const at::Tensor view = wide.slice(1, 0, 24, 2);
  for (const ScanMethod method : kMethods) {
    EXPECT_TRUE(at::equal(SimilarityScan(view, {}, method).curve(identity(12)),
                          SimilarityScan(view.contiguous(), {}, method).curve(identity(12))));
  }
}

/// sim does not change when every value is multiplied by the same number.
TEST(Scan, DoesNotDependOnTheScaleOfTheActivations) {
  for (const std::int64_t positions : {1, 3}) {
    const at::Tensor features = relu_features(9, {14, 18, positions});
    const Row expected = algorithm_one_curve(features, random_order(9, 18), false);
    for (const double scale : {0x1p-40, 0x1p-20, 0x1p20, 0x1p40}) {
      for (const ScanMethod method : kMethods) {
        const SimilarityScan scan(features * scale, {}, method);
        EXPECT_LE(deviation(scan.curve(index_tensor(random_order(9, 18))), expected), kTolerance)
            << name_of(method) << " scale " << scale << " positions " << positions;
      }
    }
  }
}

TEST(Scan, StaysExactWithManyUnitsOfOneSign) {
  // Far from zero every Gram entry is large and nearly equal: the case in which float32 loses most.
  at::Tensor features = random_tensor(10, "shifted", {24, 200, 1}, 9, 11);
  const std::vector<std::int64_t> order = random_order(10, 200);
  for (const bool centered : {false, true}) {
    const Row expected = algorithm_one_curve(features, order, centered);
    for (const ScanMethod method : kMethods) {
      EXPECT_LE(
          deviation(SimilarityScan(features, {.centered = centered}, method).curve(index_tensor(order)), expected),
          kTolerance)
          << name_of(method) << (centered ? " centred" : "");
    }
  }
}

TEST(Scan, RefusesMoreMemoryThanItsBound) {
  const at::Tensor features = relu_features(11, {100, 50, 4});
  const std::string message =
      message_of<InputError>([&] { SimilarityScan(features, {.centered = false, .memory_bytes = 10'000}); });
  EXPECT_THAT(message, HasSubstr("memory_mb"));
  EXPECT_THAT(message, HasSubstr("100 samples, 50 units and 4 positions"));
}

TEST(Scan, WithinATighterBoundChoosesAMethodThatFits) {
  // Pairwise would need 400 x 400 products; the Gram matrices of 100 samples are smaller.
  const at::Tensor features = relu_features(12, {100, 400, 1});
  ASSERT_EQ(choose_scan_method({100, 400, 1}), ScanMethod::pairwise);
  const SimilarityScan scan(features, {.centered = false, .memory_bytes = 500'000});
  const SimilarityScan unbounded(features, {});
  EXPECT_LE((scan.curve(identity(400)) - unbounded.curve(identity(400))).abs().max().item<double>(), kTolerance);
}

TEST(Scan, ChoosesByShape) {
  EXPECT_EQ(choose_scan_method({256, 512, 1}), ScanMethod::pairwise);   // few units
  EXPECT_EQ(choose_scan_method({256, 4096, 1}), ScanMethod::blocked);   // a wide linear layer: AlexNet's
  EXPECT_EQ(choose_scan_method({256, 384, 64}), ScanMethod::pairwise);  // convolutions, by the units' Gram matrices
  EXPECT_EQ(choose_scan_method({256, 64, 50176}), ScanMethod::pairwise);
  EXPECT_EQ(choose_scan_method({256, 2048, 16}), ScanMethod::blocked);  // many units, few positions
}

TEST(Scan, RefusesAnOrderOfAnotherLayer) {
  EXPECT_THROW(SimilarityScan(relu_features(1, {5, 4, 1}), {}).curve(identity(3)), Error);
  EXPECT_THROW(SimilarityScan(at::zeros({5, 4}), {}), Error);
  EXPECT_THROW(SimilarityScan(at::zeros({5, 4, 1}, at::kDouble), {}), Error);
}

TEST(DescendingOrder, OfEqualScoresTakesTheLowerIndexFirst) {
  EXPECT_EQ(to_row(descending_order(to_tensor(Row{1, 3, 1, 3, 2}))), (Row{1, 3, 4, 0, 2}));
  EXPECT_EQ(to_row(descending_order(at::zeros({100}))), to_row(at::arange(100)));
  EXPECT_EQ(to_row(descending_order(to_tensor(Row{-0.0, 0.0, -1, -0.0}))), (Row{0, 1, 3, 2}));
}

TEST(DescendingOrder, IsSignedAndNotByMagnitude) {
  EXPECT_EQ(to_row(descending_order(to_tensor(Row{-5, 1, -1}))), (Row{1, 2, 0}));
}

TEST(ScanOnAGpu, AgreesWithTheCpu) {
  if (visible_gpus() == 0) GTEST_SKIP() << "no GPU is visible, so the scan on CUDA was not compared with the CPU's";
  const at::Device gpu = choose_device("cuda");
  for (const Shape& shape : {Shape{64, 128, 1}, Shape{16, 300, 1}, Shape{32, 40, 16}}) {
    const at::Tensor features = relu_features(13, shape);
    const at::Tensor order = index_tensor(random_order(13, shape.units));
    for (const bool centered : {false, true}) {
      for (const ScanMethod method : kMethods) {
        const at::Tensor here = SimilarityScan(features, {.centered = centered}, method).curve(order);
        const at::Tensor there = SimilarityScan(features.to(gpu), {.centered = centered}, method).curve(order);
        EXPECT_TRUE(there.device().is_cpu());
        EXPECT_LE((here - there).abs().max().item<double>(), kTolerance) << name_of(method);  // two float32 roundings
      }
    }
  }
}

}  // namespace
}  // namespace neusemslice
