#include "maintenance/attack.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "maintenance/adversarial_samples.hpp"
#include "models/safetensors.hpp"
#include "models/zoo.hpp"
#include "support/gpu.hpp"
#include "support/toy_networks.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::toy_problem;
using testing::HasSubstr;

at::Tensor rows(const std::vector<std::vector<double>>& values) {
  std::vector<at::Tensor> rows;
  for (const auto& row : values) rows.push_back(at::tensor(row, at::kDouble));
  return at::stack(rows).to(at::kFloat);
}

/// Vectors as images of one row.
at::Tensor images(const std::vector<std::vector<double>>& values) {
  const at::Tensor matrix = rows(values);
  return matrix.view({matrix.size(0), 1, 1, matrix.size(1)});
}

void expect_near(const at::Tensor& actual, const at::Tensor& expected, double tolerance = 2e-6) {
  EXPECT_LE((actual - expected).abs().max().item<double>(), tolerance) << actual << "\ninstead of\n" << expected;
}

/// One linear layer: baselines.md section 4.
Network linear_model() {
  Architecture architecture{.name = "linear", .input_shape = {1, 1, 3}};
  architecture.nodes = {
      {.operation = Operation::input},
      {.operation = Operation::flatten, .inputs = {0}},
      {.operation = Operation::linear, .name = "fc", .inputs = {1}, .in_features = 3, .out_features = 3}};
  return {architecture,
          {{"fc.weight", rows({{1, -2, 0.5}, {-1, 1, 0}, {0, 0.5, -1}})}, {"fc.bias", at::tensor({0.1F, 0.F, -0.1F})}},
          {}};
}

const std::vector<std::vector<double>> kLinearImages = {{0.2, 0.7, 0.4}, {0.9, 0.1, 0.5}};

/// Net T of baselines.md.
Network net_t() {
  return {make_architecture({.name = "mlp", .hidden = {3, 2}}, {1, 1, 2}, 2),
          {{"fc1.weight", rows({{1, 2}, {-1, 1}, {0.5, -1}})},
           {"fc1.bias", at::tensor({0.F, 0.5F, 1.F})},
           {"fc2.weight", rows({{1, -1, 0.5}, {-0.5, 2, 1}})},
           {"fc2.bias", at::tensor({-1.F, 0.25F})},
           {"fc3.weight", rows({{1, -1}, {-2, 0.5}})},
           {"fc3.bias", at::tensor({0.1F, -0.1F})}},
          {}};
}

const std::vector<std::vector<double>> kNetTImages = {{0.9, 0.1}, {0.2, 0.8}, {0.5, 0.05}};

at::Tensor labels(const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::kLong);
}

at::Tensor predicted(const Network& network, const at::Tensor& pixels) {
  return forward(network, Normaliser({}, at::kCPU).of_fractions(pixels)).argmax(1);
}

TEST(Fgsm, OnALinearModelIsTheClosedForm) {
  const Network network = linear_model();
  const at::Tensor x = images(kLinearImages);
  const at::Tensor y = predicted(network, x);
  EXPECT_TRUE(at::equal(y, labels({1, 0})));
  expect_near(fgsm(network, {}, x, y, {.epsilon = 0.1}), images({{0.3, 0.6, 0.3}, {0.8, 0.2, 0.4}}));
  expect_near(fgsm(network, {}, x, y, {.norm = AttackNorm::two, .epsilon = 0.1}),
              images({{0.2685826, 0.6323919, 0.3730634}, {0.8558126, 0.1835579, 0.4673571}}));
  expect_near(fgsm(network, {}, x, labels({0, 0}), {.epsilon = 0.1}), images({{0.1, 0.8, 0.3}, {0.8, 0.2, 0.4}}));
}

TEST(Fgsm, TargetedMovesTowardsTheLabel) {
  expect_near(fgsm(linear_model(), {}, images(kLinearImages), labels({2, 1}), {.epsilon = 0.1, .targeted = true}),
              images({{0.3, 0.8, 0.3}, {0.8, 0.2, 0.4}}));
}

TEST(Fgsm, ClipsAndLeavesWhereTheGradientIsZero) {
  const Network network = net_t();
  const at::Tensor x = images(kNetTImages);
  expect_near(fgsm(network, {}, x, predicted(network, x), {.epsilon = 0.2}),
              images({{0.7, 0.0}, {0.4, 0.8}, {0.7, 0.25}}));
}

TEST(Pgd, InTheTwoNormGivesTheReferencesNumbers) {
  const Network network = linear_model();
  const at::Tensor x = images(kLinearImages);
  const AttackOptions three{.norm = AttackNorm::two, .epsilon = 0.2, .step = 0.05, .iterations = 3};
  expect_near(pgd(network, {}, x, labels({1, 0}), three, 0),
              images({{0.3022245, 0.5966955, 0.3630159}, {0.8334874, 0.2253525, 0.4513923}}));
  AttackOptions ten = three;
  ten.iterations = 10;
  expect_near(pgd(network, {}, x, labels({1, 0}), ten, 0),
              images({{0.3338580, 0.5563188, 0.3620822}, {0.8105780, 0.2671829, 0.4363322}}));
  expect_near(pgd(net_t(), {}, images(kNetTImages), labels({0, 1, 1}),
                  {.norm = AttackNorm::two, .epsilon = 0.3, .step = 0.1, .iterations = 5}, 0),
              images({{0.6763932, 0.0}, {0.4976940, 0.8371252}, {0.7200196, 0.2539397}}));
}

TEST(Pgd, InTheInfinityNormGivesTheReferencesNumbers) {
  const at::Tensor x = images(kNetTImages);
  const std::vector<std::pair<double, double>> second = {{0.28, 0.8}, {0.36, 0.88}, {0.4, 0.96}, {0.4, 1}, {0.4, 1}};
  at::Tensor last;
  for (std::size_t k = 1; k <= second.size(); ++k) {
    last = pgd(net_t(), {}, x, labels({0, 1, 1}),
               {.epsilon = 0.2, .step = 0.08, .iterations = static_cast<std::int64_t>(k)}, 0);
    expect_near(last[1], images({{second[k - 1].first, second[k - 1].second}})[0]);
  }
  expect_near(last, images({{0.7, 0.0}, {0.4, 1.0}, {0.7, 0.25}}));
}

TEST(Pgd, OfOneStepWithoutRandomStartIsFgsm) {
  for (const AttackNorm norm : {AttackNorm::infinity, AttackNorm::two}) {
    const auto problem = toy_problem("stack", 3);
    const at::Tensor x = problem.dataset.training.images.to(at::kFloat) / 255;
    const AttackOptions options{.norm = norm, .epsilon = 0.1, .step = 0.1};
    expect_near(pgd(problem.network, problem.dataset.normalisation, x, problem.dataset.training.labels, options, 0),
                fgsm(problem.network, problem.dataset.normalisation, x, problem.dataset.training.labels, options),
                1e-7);
  }
}

TEST(Pgd, StaysWithinEpsilonAndRangeAlsoFromARandomStart) {
  for (const std::string& kind : test_support::toy_kinds()) {
    const auto problem = toy_problem(kind, 5);
    const at::Tensor x = problem.dataset.training.images.to(at::kFloat) / 255;
    for (const AttackNorm norm : {AttackNorm::infinity, AttackNorm::two}) {
      const at::Tensor moved =
          pgd(problem.network, problem.dataset.normalisation, x, problem.dataset.training.labels,
              {.norm = norm, .epsilon = 0.15, .step = 0.05, .iterations = 6, .random_start = true}, 7);
      const at::Tensor change = (moved - x).flatten(1);
      const at::Tensor length = norm == AttackNorm::infinity ? change.abs().amax(1) : change.norm(2, 1);
      EXPECT_LE(length.max().item<double>(), 0.15 + 1e-6) << kind;
      EXPECT_GE(moved.min().item<double>(), 0);
      EXPECT_LE(moved.max().item<double>(), 1);
      EXPECT_GT(length.min().item<double>(), 0);
    }
  }
}

TEST(Pgd, FromARandomStartIsAFunctionOfTheSeed) {
  const auto problem = toy_problem("basic", 5);
  const at::Tensor x = problem.dataset.training.images.to(at::kFloat) / 255;
  const auto attacked = [&](std::uint64_t seed) {
    return pgd(problem.network, problem.dataset.normalisation, x, problem.dataset.training.labels,
               {.epsilon = 0.1, .step = 0.05, .iterations = 2, .random_start = true}, seed);
  };
  EXPECT_TRUE(at::equal(attacked(1), attacked(1)));
  EXPECT_FALSE(at::equal(attacked(1), attacked(2)));
}

TEST(Attack, LeavesTheNetworkAloneAndRaisesTheLoss) {
  const auto problem = toy_problem("bottleneck", 9);
  const Network before = problem.network.clone();
  const at::Tensor x = problem.dataset.training.images.to(at::kFloat) / 255;
  const Normaliser normaliser(problem.dataset.normalisation, at::kCPU);
  const auto loss = [&](const at::Tensor& of) {
    return at::cross_entropy_loss(forward(problem.network, normaliser.of_fractions(of)),
                                  problem.dataset.training.labels)
        .item<double>();
  };
  const at::Tensor attacked =
      fgsm(problem.network, problem.dataset.normalisation, x, problem.dataset.training.labels, {.epsilon = 0.01});
  EXPECT_GT(loss(attacked), loss(x));
  EXPECT_FALSE(attacked.requires_grad());
  for (const auto& [name, value] : problem.network.parameters) {
    EXPECT_FALSE(value.requires_grad());
    EXPECT_TRUE(at::equal(value, before.parameters.at(name)));
  }
}

TEST(Attack, OfNoStrengthReturnsTheImagesAndRefusesNonsense) {
  const at::Tensor x = images(kLinearImages);
  EXPECT_TRUE(at::equal(fgsm(linear_model(), {}, x, labels({1, 0}), {}), x));
  EXPECT_THROW(fgsm(linear_model(), {}, x, labels({1, 0}), {.epsilon = -1}), InputError);
  EXPECT_THROW(pgd(linear_model(), {}, x, labels({1, 0}), {.epsilon = 0.1, .step = 0.2}, 0), InputError);
}

TEST(ToPixels, RoundsWithinEpsilonAndRange) {
  const at::Tensor original = at::tensor({0, 100, 250}, at::kByte).view({1, 1, 1, 3});
  const at::Tensor moved = at::tensor({0.0038F, 0.3999F, 1.0F}).view({1, 1, 1, 3});  // 0.97, 101.97, 255 of 255
  const at::Tensor pixels = to_pixels(moved, original, AttackNorm::infinity, 0.01);  // 2.55 of 255
  EXPECT_TRUE(at::equal(pixels, at::tensor({1, 102, 252}, at::kByte).view({1, 1, 1, 3}))) << pixels;
  EXPECT_TRUE(at::equal(to_pixels(original.to(at::kFloat) / 255, original, AttackNorm::infinity, 0), original));
  EXPECT_EQ(to_pixels(at::tensor({8.F / 255}), at::tensor({0}, at::kByte), AttackNorm::infinity, 8.0 / 255)
                .item<std::int64_t>(),
            8);
}

TEST(ToPixels, StaysWithinTheTwoNormWhereRoundingWouldLeaveIt) {
  const at::Tensor original = at::full({1, 1, 10, 10}, 100, at::kByte);
  const double epsilon = 0.06;  // sqrt(100) pixels of 1.53 of 255
  // All of them by 2 steps would be 20, not 15.3: as many as fit move by 2, the others by 1.
  for (const double sign : {1.0, -1.0}) {
    const at::Tensor pixels =
        to_pixels(original.to(at::kFloat) / 255 + sign * epsilon / 10, original, AttackNorm::two, epsilon);
    const at::Tensor change = sign * (pixels.to(at::kDouble) - original.to(at::kDouble));
    EXPECT_EQ(change.eq(2).sum().item<std::int64_t>(), 44);  // 44 * 4 + 56 <= 15.3^2 = 234.09, one more is not
    EXPECT_EQ(change.eq(1).sum().item<std::int64_t>(), 56);
  }
}

TEST(ToPixels, KeepsTheTwoNormsLengthWhereSinglePixelsMoveByLessThanAStep) {
  // One pixel of a hundred moves by 0.9 of a step, the others by a tenth: towards the original, nothing would be left.
  const at::Tensor original = at::full({1, 1, 10, 10}, 100, at::kByte);
  at::Tensor change = at::full({100}, 0.1, at::kDouble);
  change[7] = 0.9;
  const double epsilon = (change.norm().item<double>() + 1e-9) / 255;
  const at::Tensor moved = (original.to(at::kDouble) + change.view({1, 1, 10, 10})) / 255;
  at::Tensor expected = original.clone();
  expected.flatten()[7] = 101;
  EXPECT_TRUE(at::equal(to_pixels(moved, original, AttackNorm::two, epsilon), expected));
}

/// As RQ3 and `neusemslice attack` make them, in both norms.
TEST(AttackedPixels, LieWithinEpsilonAndRange) {
  const auto problem = toy_problem("basic", 5);
  const LabelledImages& images = problem.dataset.training;
  for (const char* norm : {"infinity", "two"}) {
    const AttackConfig config{.norm = norm, .fgsm_epsilon = 0.1, .pgd_epsilon = 0.1, .pgd_step = 0.03};
    for (const char* attack : {"fgsm", "pgd"}) {
      const at::Tensor pixels =
          attacked_pixels(problem.network, problem.dataset.normalisation, images, attack, config, 3);
      const at::Tensor change = (pixels.to(at::kDouble) - images.images.to(at::kDouble)).flatten(1) / 255;
      const at::Tensor length = config.norm == "two" ? change.norm(2, 1) : change.abs().amax(1);
      EXPECT_LE(length.max().item<double>(), 0.1 + 1e-6) << attack << " " << norm;
      EXPECT_GT(length.max().item<double>(), 0.05) << attack << " " << norm;
    }
  }
}

TEST(AttackedPixels, AreTakenForTheTargetMoreOften) {
  const auto problem = toy_problem("basic", 5);
  const LabelledImages& images = problem.dataset.training;
  const AttackConfig config{.fgsm_epsilon = 0.1, .pgd_epsilon = 0.1, .pgd_step = 0.03};
  for (std::int64_t target = 0; target < problem.dataset.categories(); ++target) {
    const auto taken_for_it = [&](const at::Tensor& pixels) {
      const Normaliser normaliser(problem.dataset.normalisation, at::kCPU);
      const at::Tensor logits = forward(problem.network, normaliser.of_fractions(pixels.to(at::kFloat) / 255));
      return logits.log_softmax(1).select(1, target).mean().item<double>();
    };
    for (const char* attack : {"fgsm", "pgd"}) {
      const at::Tensor pixels =
          attacked_pixels(problem.network, problem.dataset.normalisation, images, attack, config, 3, target);
      EXPECT_GT(taken_for_it(pixels), taken_for_it(images.images)) << attack << " " << target;
    }
  }
}

TEST(Attack, OfAnImageDoesNotDependOnItsBatch) {
  const auto problem = toy_problem("basic", 5);
  const at::Tensor x = problem.dataset.training.images.to(at::kFloat) / 255;
  const at::Tensor y = problem.dataset.training.labels;
  const AttackOptions options{.epsilon = 0.1, .step = 0.03, .iterations = 3};
  const at::Tensor together = pgd(problem.network, problem.dataset.normalisation, x, y, options, 0);
  const at::Tensor alone =
      pgd(problem.network, problem.dataset.normalisation, x.slice(0, 4, 5), y.slice(0, 4, 5), options, 0);
  EXPECT_LE((together[4] - alone[0]).abs().max().item<double>(), 1e-6);
}

/// A thousand images are the most that go through together.
TEST(Attack, OfManyImagesIsThatOfEach) {
  const Network network = net_t();
  const at::Tensor x = at::linspace(0.05, 0.95, 2400).view({1200, 1, 1, 2});
  const at::Tensor y = at::arange(1200).remainder(2);
  AttackOptions options{.epsilon = 0.1, .step = 0.03, .iterations = 3};
  const at::Tensor together = pgd(network, {}, x, y, options, 0);
  const at::Tensor alone = pgd(network, {}, x.slice(0, 1100, 1101), y.slice(0, 1100, 1101), options, 0);
  expect_near(together[1100], alone[0]);
  options.random_start = true;
  const at::Tensor started = pgd(network, {}, x, y, options, 1);
  EXPECT_FALSE(at::equal((started - x).slice(0, 0, 200), (started - x).slice(0, 1000))) << "starts are not repeated";
}

class AttackOnAGpu : public test_support::OnAGpu {};

TEST_F(AttackOnAGpu, MakesTheSamplesOfTheCpu) {
  const auto problem = toy_problem("basic", 5);
  const Network on_gpu = problem.network.clone().to(gpu_);
  const AttackConfig config{.fgsm_epsilon = 0.1, .pgd_epsilon = 0.1, .pgd_step = 0.03};
  for (const char* attack : {"fgsm", "pgd"}) {
    const auto pixels = [&](const Network& network) {
      return attacked_pixels(network, problem.dataset.normalisation, problem.dataset.training, attack, config, 3);
    };
    const at::Tensor differ = pixels(on_gpu).ne(pixels(problem.network)).to(at::kDouble);
    EXPECT_LE(differ.mean().item<double>(), 0.01)
        << attack << ": where a gradient is almost 0, its sign is by rounding";
  }
}

/// The MLP of the golden case: torchattacks in float32, with other libraries' rounding.
TEST(Attack, ReproducesTheGoldenAdversarialImages) {
  const fs::path shared = fs::path(NEUSEMSLICE_SOURCE_DIR) / ".." / "shared";
  const fs::path folder = shared / "golden/mnist_mlp";
  if (!fs::exists(folder / "adversarial.safetensors")) GTEST_SKIP() << folder << " is not here";
  const TensorMap golden = read_safetensors(folder / "adversarial.safetensors");
  Network network{
      make_architecture({.name = "mlp"}, {1, 28, 28}, 10), read_safetensors(folder / "model.safetensors"), {}};
  const Dataset mnist = load_dataset({.name = "mnist"}, shared / "data/mnist");
  const at::Tensor x = mnist.test.images.slice(0, 0, 64).to(at::kFloat) / 255;
  const at::Tensor y = golden.at("labels").to(at::kLong);
  const auto differing = [&](const at::Tensor& attacked, const char* name) {
    const at::Tensor expected = golden.at(name).view({-1, 1, 28, 28});
    return (attacked - expected).abs().gt(1e-5).to(at::kDouble).mean().item<double>();
  };
  EXPECT_LE(differing(fgsm(network, {}, x, y, {.epsilon = 0.3}), "fgsm"), 0.005);
  EXPECT_LE(differing(pgd(network, {}, x, y, {.epsilon = 0.3, .step = 0.01, .iterations = 40}, 0), "pgd"), 0.005);
}

}  // namespace
}  // namespace neusemslice
