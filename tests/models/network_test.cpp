#include "models/network.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "models/zoo.hpp"
#include "support/problem.hpp"
#include "support/reference.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

TEST(MakeNetwork, IsFixedByTheSeed) {
  const Architecture mlp = make_mlp({1, 4, 4}, {8, 6}, 3);
  const Network first = make_network(mlp, 0);
  const Network again = make_network(mlp, 0);
  const Network other = make_network(mlp, 1);
  for (const ParameterShape& parameter : parameter_shapes(mlp)) {
    EXPECT_TRUE(bits_equal(first.parameters.at(parameter.name), again.parameters.at(parameter.name)));
    EXPECT_FALSE(bits_equal(first.parameters.at(parameter.name), other.parameters.at(parameter.name)));
    EXPECT_EQ(first.parameters.at(parameter.name).sizes(), at::IntArrayRef(parameter.shape));
  }
}

TEST(MakeNetwork, DrawsUniformlyWithinOneOverTheRootOfTheInputs) {
  const Network network = make_network(make_mlp({1, 10, 10}, {200}, 10), 5);
  for (const std::string name : {"fc1.weight", "fc1.bias"}) {
    const at::Tensor values = network.parameters.at(name);
    EXPECT_LE(values.abs().max().item<double>(), 0.1);
    EXPECT_GE(values.abs().max().item<double>(), 0.09);
  }
  const at::Tensor weight = network.parameters.at("fc1.weight");
  EXPECT_NEAR(weight.mean().item<double>(), 0, 0.002);
  EXPECT_NEAR(weight.std().item<double>(), 0.1 / std::sqrt(3.0), 0.002);
}

TEST(Forward, OfNetTGivesTheNumbersWorkedByHand) {
  const Network t = net_t();
  const at::Tensor batch = at::cat({net_t_input(1, 1), net_t_input(-1, 2), net_t_input(0, 0)});
  const at::Tensor expected =
      at::tensor(std::vector<double>{1.6, -3.475, -5.65, 2.775, -2.15, 1.025}, at::TensorOptions(at::kFloat))
          .view({3, 2});
  EXPECT_TRUE(at::allclose(forward(t, batch), expected, 1e-6, 1e-6)) << forward(t, batch);
}

TEST(Forward, AgreesWithPlainLoopsInFloat64) {
  const Problem problem = random_problem(1);
  const at::Tensor logits =
      forward(problem.network, gather_images(problem.dataset.training.images, at::arange(60), {}, at::kCPU));
  Rows expected;
  for (std::int64_t i = 0; i < 60; ++i) {
    expected.push_back(trace(dense_layers(problem.network), input_row(problem.dataset.training, {}, i)).a.back());
  }
  EXPECT_LE(relative_to_largest(logits, to_tensor(expected)), 1e-6);
}

TEST(ForwardAll, GivesEveryNodesOutput) {
  const Network t = net_t();
  const std::vector<at::Tensor> values = forward_all(t, net_t_input(1, 1));
  ASSERT_EQ(values.size(), t.architecture.nodes.size());
  const UnitGraph units = derive_units(t.architecture);
  EXPECT_EQ(to_row(values[static_cast<std::size_t>(units.layers[0].producer)]), (Row{3, 0.5, 0.5}));
  EXPECT_EQ(to_row(values[static_cast<std::size_t>(units.layers[1].tap)]), (Row{1.75, 0.25}));
  EXPECT_TRUE(bits_equal(values.back(), forward(t, net_t_input(1, 1))));
}

TEST(ForwardAll, TheTapOfANegativeSumIsZero) {
  const Network t = net_t();
  const std::vector<at::Tensor> values = forward_all(t, net_t_input(-1, 2));
  const UnitLayer first = derive_units(t.architecture).layers[0];
  EXPECT_EQ(to_row(values[static_cast<std::size_t>(first.producer)]), (Row{3, 3.5, -1.5}));
  EXPECT_EQ(to_row(values[static_cast<std::size_t>(first.tap)]), (Row{3, 3.5, 0}));
}

}  // namespace
}  // namespace neusemslice
