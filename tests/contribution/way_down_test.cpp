#include "contribution/way_down.hpp"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/zoo.hpp"
#include "support/reference.hpp"
#include "support/toy_networks.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

constexpr std::int64_t kTarget = 2;
constexpr double kFloat32 = 2e-5;

struct Collected {
  std::vector<at::Tensor> values;
  std::vector<at::Tensor> reference;
  std::vector<at::Tensor> taylor;
  std::vector<at::Tensor> deeplift;
};

std::vector<std::int64_t> all_nodes(const Network& network) {
  std::vector<std::int64_t> nodes;
  for (std::size_t i = 0; i < network.architecture.nodes.size(); ++i) nodes.push_back(static_cast<std::int64_t>(i));
  return nodes;
}

/// Both passes down to the input, with everything they show.
Collected both_passes(const Network& network, const at::Tensor& batch, const at::Tensor& reference) {
  at::NoGradGuard no_grad;
  const std::size_t nodes = network.architecture.nodes.size();
  Collected collected{{}, {}, std::vector<at::Tensor>(nodes), std::vector<at::Tensor>(nodes)};
  const HeldValues held = forward_holding(network, batch, all_nodes(network));
  collected.values = held.values;
  collected.reference = forward_holding(network, reference, all_nodes(network)).values;
  at::Tensor target = at::zeros_like(held.logits);
  target.select(1, kTarget).fill_(1);
  go_down(network, {.taylor = 0, .deeplift = 0}, held.values, collected.reference,
          at::cat({held.logits.softmax(1) - target, target}),
          [&](std::int64_t node, const at::Tensor&, const NodeGradients& gradients) {
            collected.taylor[static_cast<std::size_t>(node)] = gradients.taylor.clone();
            collected.deeplift[static_cast<std::size_t>(node)] = gradients.deeplift.clone();
          });
  return collected;
}

at::Tensor images_of(const Problem& problem, std::int64_t count) {
  return gather_images(problem.dataset.training.images, at::arange(count), problem.dataset.normalisation, at::kCPU);
}

at::Tensor random_reference() {
  return random_tensor(12, "reference", {1, 3, 9, 9}, -1, 1);
}

class EveryKind : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Networks, EveryKind, testing::ValuesIn(toy_kinds()),
                         [](const auto& test) { return test.param; });

TEST_P(EveryKind, GradientsAtEveryNodeAreThoseOfEachSampleAloneInFloat64) {
  const Problem problem = toy_problem(GetParam(), 11);
  const Network exact = in_float64(problem.network);
  const at::Tensor batch = images_of(problem, 6);
  const Collected collected = both_passes(problem.network, batch, random_reference());
  for (std::int64_t sample = 0; sample < 6; ++sample) {
    const std::vector<at::Tensor> expected = exact_gradients(exact, batch.slice(0, sample, sample + 1), kTarget);
    for (std::size_t node = 0; node < expected.size(); ++node) {
      EXPECT_LE(relative_to_largest(collected.taylor[node].slice(0, sample, sample + 1), expected[node]), kFloat32)
          << "node " << node;
    }
  }
}

TEST_P(EveryKind, MultipliersAtEveryNodeFollowPlainLoopsInFloat64) {
  const Problem problem = toy_problem(GetParam(), 12);
  const Network exact = in_float64(problem.network);
  const at::Tensor batch = images_of(problem, 6);
  for (const at::Tensor& reference : {at::zeros({1, 3, 9, 9}), random_reference()}) {
    const Collected collected = both_passes(problem.network, batch, reference);
    const std::vector<at::Tensor> at_reference = exact_values(exact, reference);
    for (std::int64_t sample = 0; sample < 6; ++sample) {
      const auto expected =
          exact_multipliers(exact, exact_values(exact, batch.slice(0, sample, sample + 1)), at_reference, kTarget);
      for (std::size_t node = 0; node < expected.size(); ++node) {
        EXPECT_LE(relative_to_largest(collected.deeplift[node].slice(0, sample, sample + 1), expected[node]), kFloat32)
            << "node " << node;
      }
    }
  }
}

/// Whether all that the logits know of the input comes through `node`: no later node reads an earlier one.
bool everything_flows_through(const Architecture& architecture, std::int64_t node) {
  for (std::size_t later = static_cast<std::size_t>(node) + 1; later < architecture.nodes.size(); ++later) {
    if (std::ranges::min(architecture.nodes[later].inputs) < node) return false;
  }
  return true;
}

TEST_P(EveryKind, AttributionsAddUpToTheLogitsDifferenceAtTheInputAndWhereverEverythingFlowsThrough) {
  const Problem problem = toy_problem(GetParam(), 13);
  const at::Tensor batch = images_of(problem, 30);
  double worst = 0;
  std::int64_t compared = 0;
  for (const at::Tensor& reference : {at::zeros({1, 3, 9, 9}), random_reference(), batch.mean(0, true)}) {
    const Collected collected = both_passes(problem.network, batch, reference);
    const at::Tensor moved = (collected.values.back() - collected.reference.back()).select(1, kTarget).to(at::kDouble);
    for (const std::int64_t node : all_nodes(problem.network)) {
      if (!everything_flows_through(problem.network.architecture, node)) continue;
      const auto i = static_cast<std::size_t>(node);
      const at::Tensor attribution =
          (collected.values[i] - collected.reference[i]).to(at::kDouble) * collected.deeplift[i].to(at::kDouble);
      worst = std::max(worst, relative_to_largest(attribution.flatten(1).sum(1), moved));
      ++compared;
    }
  }
  EXPECT_LE(worst, kFloat32);
  EXPECT_GE(compared, 3 * 10);
  RecordProperty("largest_error", fmt::format("{:.2e}", worst));
}

TEST_P(EveryKind, APassAloneIsThatOfBothTogether) {
  const Problem problem = toy_problem(GetParam(), 14);
  const at::Tensor batch = images_of(problem, 5);
  const Collected both = both_passes(problem.network, batch, random_reference());
  at::NoGradGuard no_grad;
  at::Tensor target = at::zeros_like(both.values.back());
  target.select(1, kTarget).fill_(1);
  at::Tensor taylor;
  at::Tensor deeplift;
  const at::Tensor of_loss = both.values.back().softmax(1) - target;
  go_down(problem.network, {.taylor = 1, .deeplift = {}}, both.values, {}, of_loss.clone(),
          [&](std::int64_t node, const at::Tensor&, const NodeGradients& gradients) {
            EXPECT_FALSE(gradients.deeplift.defined());
            if (node == 1) taylor = gradients.taylor.clone();
          });
  go_down(problem.network, {.taylor = {}, .deeplift = 2}, both.values, both.reference, target.clone(),
          [&](std::int64_t node, const at::Tensor&, const NodeGradients& gradients) {
            EXPECT_FALSE(gradients.taylor.defined());
            EXPECT_GE(node, 2);
            if (node == 2) deeplift = gradients.deeplift.clone();
          });
  EXPECT_LE(relative_to_largest(taylor, both.taylor[1]), 1e-6);
  EXPECT_LE(relative_to_largest(deeplift, both.deeplift[2]), 1e-6);
}

TEST(WayDown, AttributionsOfTheInputAddUpToTheLogitsDifferenceThroughoutTheZoo) {
  double worst = 0;
  for (const Architecture& architecture : narrow_zoo()) {
    const Network network = random_network(architecture, 17);
    std::vector<std::int64_t> shape = architecture.input_shape;
    shape.insert(shape.begin(), 4);
    const at::Tensor batch = random_tensor(17, "images", shape, -2, 2);
    const Collected collected = both_passes(network, batch, at::zeros_like(batch.slice(0, 0, 1)));
    const at::Tensor moved = (collected.values.back() - collected.reference.back()).select(1, kTarget);
    const at::Tensor attributions = batch.to(at::kDouble) * collected.deeplift[0];
    const double error = relative_to_largest(attributions.flatten(1).sum(1), moved);
    EXPECT_LE(error, 1e-4) << architecture.name;  // a hundred layers of float32
    worst = std::max(worst, error);
  }
  RecordProperty("largest_error", fmt::format("{:.2e}", worst));
}

TEST(WayDown, EachPassEndsAtItsOwnNode) {
  const Problem problem = toy_problem("basic", 15);
  const Collected both = both_passes(problem.network, images_of(problem, 5), random_reference());
  at::NoGradGuard no_grad;
  at::Tensor target = at::zeros_like(both.values.back());
  target.select(1, kTarget).fill_(1);
  std::int64_t lowest = 1000;
  go_down(problem.network, {.taylor = 1, .deeplift = 3}, both.values, both.reference,
          at::cat({both.values.back().softmax(1) - target, target}),
          [&](std::int64_t node, const at::Tensor&, const NodeGradients& gradients) {
            lowest = std::min(lowest, node);
            EXPECT_EQ(gradients.deeplift.defined(), node >= 3);
            const auto i = static_cast<std::size_t>(node);
            EXPECT_LE(relative_to_largest(gradients.taylor, both.taylor[i]), 1e-6) << "node " << node;
          });
  EXPECT_EQ(lowest, 1);
}

TEST(WayDown, ReadsTheInputsOfReluAndMaxPoolingAlone) {
  const Architecture stack = toy_architecture("stack");  // conv 1, relu 2, pool 3, conv 4, norm 5, relu 6, pool 7, ...
  EXPECT_EQ(nodes_read_on_the_way_down(stack, {.taylor = 1, .deeplift = {}}),
            (std::vector<std::int64_t>{1, 2, 5, 6, 8, 9, 12}));
  EXPECT_EQ(nodes_read_on_the_way_down(stack, {.taylor = {}, .deeplift = 6}), (std::vector<std::int64_t>{6, 8, 9, 12}));
}

TEST(WayDown, LeavesTheValuesOfTheCallerAlone) {
  const Problem problem = toy_problem("bottleneck", 16);
  const Collected once = both_passes(problem.network, images_of(problem, 4), random_reference());
  const std::vector<at::Tensor> again = forward_all(problem.network, images_of(problem, 4));
  for (std::size_t node = 0; node < again.size(); ++node) EXPECT_TRUE(bits_equal(once.values[node], again[node]));
}

}  // namespace
}  // namespace neusemslice
