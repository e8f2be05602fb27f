#include "models/input_gradient.hpp"

#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/error.hpp"
#include "support/reference.hpp"
#include "support/toy_networks.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

bool has_input_gradient(const Node& node) {
  return node.operation != Operation::input && node.operation != Operation::relu &&
         node.operation != Operation::max_pool;
}

at::Tensor random_values(std::uint64_t seed, std::size_t node, const std::vector<std::int64_t>& of_sample) {
  std::vector<std::int64_t> shape = {3};
  shape.insert(shape.end(), of_sample.begin(), of_sample.end());
  return random_tensor(seed, "node " + std::to_string(node), shape, -1, 1);
}

TEST(InputGradient, OfEveryOperationIsThatOfLibTorchsDifferentiationInFloat64) {
  for (const std::string& kind : toy_kinds()) {
    const Network network = toy_network(kind, 5);
    const Network exact = in_float64(network);
    const auto& nodes = network.architecture.nodes;
    const auto shapes = node_shapes(network.architecture);
    for (std::size_t i = 1; i < nodes.size(); ++i) {
      if (!has_input_gradient(nodes[i])) continue;
      SCOPED_TRACE(kind + " " + std::string(operation_name(nodes[i].operation)) + " " + nodes[i].name);
      const auto from = static_cast<std::size_t>(nodes[i].inputs[0]);
      const at::Tensor gradient = random_values(1, i, shapes[i]);
      std::vector<at::Tensor> inputs;
      for (std::size_t k = 0; k < nodes[i].inputs.size(); ++k) {
        inputs.push_back(random_values(2, i + k, shapes[from]).to(at::kDouble).set_requires_grad(true));
      }
      const at::Tensor expected =
          torch::autograd::grad({apply_node(exact, nodes[i], inputs)}, {inputs[0]}, {gradient.to(at::kDouble)})[0];
      const at::Tensor actual = input_gradient(network, nodes[i], gradient.clone(), shapes[from]);
      ASSERT_EQ(actual.sizes(), expected.sizes());
      EXPECT_LE(relative_to_largest(actual, expected), 2e-6);
    }
  }
}

TEST(InputGradient, OfWhatDependsOnItsInputIsRefused) {
  const Network network = toy_network("stack", 5);
  const Node& relu = network.architecture.nodes[2];
  ASSERT_EQ(relu.operation, Operation::relu);
  EXPECT_THROW(input_gradient(network, relu, at::zeros({1, 4, 9, 9}), {4, 9, 9}), Error);
}

}  // namespace
}  // namespace neusemslice
