#include "models/weight_block.hpp"

#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include "support/gpu.hpp"
#include "support/toy_networks.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

/// The block's part of a weight or of its gradient.
at::Tensor within(const at::Tensor& whole, const WeightBlock& block) {
  at::Tensor part = whole;
  if (block.rows.defined()) part = part.index_select(0, block.rows);
  if (block.columns.defined()) part = part.index_select(1, block.columns);
  return part;
}

/// A third of the rows (kind 0), half of the columns (1), or where both meet (2).
WeightBlock block_of(const at::Tensor& weight, int kind) {
  const auto options = weight.options().dtype(at::kLong);
  WeightBlock block;
  if (kind != 1) block.rows = at::arange(0, weight.size(0), 3, options);
  if (kind != 0) block.columns = at::arange(weight.size(1) > 1 ? 1 : 0, weight.size(1), 2, options);
  block.values = within(weight, block).clone();
  return block;
}

std::vector<at::Tensor> gradients(Network& network, const Problem& problem, const std::vector<at::Tensor>& leaves,
                                  const WeightBlocks& blocks) {
  for (at::Tensor leaf : leaves) leaf.set_requires_grad(true);
  const at::Device device = network.device();
  const Normaliser normaliser(problem.dataset.normalisation, device);
  const at::Tensor logits = forward_training(network, normaliser(problem.dataset.training.images.to(device)), 3,
                                             "dropout", measure_everything(network.architecture), blocks);
  const at::Tensor loss = at::cross_entropy_loss(logits, problem.dataset.training.labels.to(device));
  const auto result = torch::autograd::grad({loss}, leaves);
  for (at::Tensor leaf : leaves) leaf.set_requires_grad(false);
  return result;
}

/// All weights in blocks at once, everything else whole: each gradient is the block of the whole one.
void expect_blocks_of_the_whole_gradients(const std::string& kind, int block_kind, at::Device device) {
  const Problem problem = toy_problem(kind, 4);
  Network whole = problem.network.clone().to(device);
  Network in_blocks = problem.network.clone().to(device);
  std::vector<at::Tensor> whole_leaves;
  std::vector<at::Tensor> leaves;
  std::vector<std::string> names;
  WeightBlocks blocks;
  for (const auto& [name, value] : in_blocks.parameters) {
    names.push_back(name);
    whole_leaves.push_back(whole.parameters.at(name));
    if (value.dim() > 1) blocks.emplace(name, block_of(value, block_kind));
    leaves.push_back(value.dim() > 1 ? blocks.at(name).values : value);
  }
  const auto expected = gradients(whole, problem, whole_leaves, {});
  const auto actual = gradients(in_blocks, problem, leaves, blocks);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto block = blocks.find(names[i]);
    const at::Tensor reference = block == blocks.end() ? expected[i] : within(expected[i], block->second);
    ASSERT_EQ(actual[i].sizes(), reference.sizes()) << kind << " " << names[i];
    const double scale = expected[i].abs().max().item<double>() + 1e-6;
    EXPECT_LE((actual[i] - reference).abs().max().item<double>(), 1e-5 * scale) << kind << " " << names[i];
    EXPECT_TRUE(actual[i].is_contiguous()) << "as the fused optimisers want it: " << names[i];
  }
}

TEST(WeightBlock, HasItsPartOfTheWholeGradientAndChangesNoOther) {
  for (const std::string& kind : toy_kinds()) {
    for (int block_kind = 0; block_kind < 3; ++block_kind) {
      expect_blocks_of_the_whole_gradients(kind, block_kind, at::kCPU);
    }
  }
}

/// Below the lowest block no value needs a gradient, and the layer of the block asks for none of its input.
TEST(WeightBlock, AloneInTheNetworkHasNoWayBackBelowIt) {
  const Problem problem = toy_problem("stack", 4);
  Network network = problem.network.clone();
  WeightBlocks blocks;
  const std::string first = problem.units.layers.front().name + ".weight";
  blocks.emplace(first, block_of(network.parameters.at(first), 2));
  const auto gradient = gradients(network, problem, {blocks.at(first).values}, blocks);
  EXPECT_GT(gradient.front().abs().max().item<double>(), 0);
  for (const auto& [name, value] : network.parameters) EXPECT_FALSE(value.requires_grad()) << name;
}

class WeightBlockOnAGpu : public OnAGpu {};

TEST_F(WeightBlockOnAGpu, HasItsPartOfTheWholeGradient) {
  for (const std::string& kind : toy_kinds()) expect_blocks_of_the_whole_gradients(kind, 2, gpu_);
}

}  // namespace
}  // namespace neusemslice
