#include "baselines/pruning.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <numeric>

#include <gmock/gmock.h>

#include "models/safetensors.hpp"
#include "models/zoo.hpp"

namespace neusemslice {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Optional;
using testing::Pointwise;

using Counts = std::vector<std::int64_t>;

constexpr std::array kMethods = {PruningMethod::lamp, PruningMethod::global, PruningMethod::uniform_plus,
                                 PruningMethod::erk};

std::vector<double> values_of(const at::Tensor& tensor) {
  const at::Tensor exact = tensor.to(at::kDouble).contiguous();
  const auto* const first = exact.const_data_ptr<double>();
  return {first, first + exact.numel()};
}

PrunableWeight weight_of(const std::string& name, const at::Tensor& values) {
  return {name, values, at::ones_like(values, at::kBool)};
}

/// The MLP of baselines.md section 3.
std::vector<PrunableWeight> small_mlp() {
  return {weight_of("fc1.weight", at::tensor({0.5F, -1.F, 2.F, 0.1F, -0.3F, 0.2F}).view({2, 3})),
          weight_of("fc2.weight", at::tensor({0.05F, 0.4F, -0.6F, 0.02F}).view({2, 2}))};
}

/// Its convolutional network: scale_k * sin(i + 1 + k / 2), computed in double.
std::vector<PrunableWeight> small_convolutional_network() {
  const auto values = [](int k, double scale, const std::vector<std::int64_t>& shape) {
    const std::int64_t count = c10::multiply_integers(shape);
    return (at::arange(1, count + 1, at::kDouble).add_(0.5 * k).sin_() * scale).to(at::kFloat).view(shape);
  };
  return {weight_of("c1.weight", values(0, 0.5, {4, 1, 3, 3})), weight_of("c2.weight", values(1, 0.2, {8, 4, 3, 3})),
          weight_of("fc.weight", values(2, 0.1, {5, 32}))};
}

/// False where the method cannot go on.
bool prune(std::vector<PrunableWeight>& weights, PruningMethod method, double rate) {
  const auto counts = counts_after_pruning(weights, method, rate);
  if (counts) keep_largest(weights, *counts);
  return counts.has_value();
}

std::string bits(const at::Tensor& kept) {
  std::string text;
  for (const double bit : values_of(kept)) text += bit > 0 ? '1' : '0';
  return text;
}

std::vector<std::string> masks(const std::vector<PrunableWeight>& weights) {
  std::vector<std::string> texts;
  for (const PrunableWeight& weight : weights) texts.push_back(bits(weight.kept));
  return texts;
}

/// The sum of the flat indices of what is kept.
std::int64_t index_sum(const PrunableWeight& weight) {
  return weight.kept.view({-1}).nonzero().sum().item<std::int64_t>();
}

TEST(LampScores, AreSquaresOverTheSumOfThoseNotSmaller) {
  const auto weights = small_mlp();
  EXPECT_THAT(values_of(lamp_scores(weights[0])),
              Pointwise(DoubleNear(1e-6), {0.001855, 0.007435, 0.016854, 0.047619, 0.2, 1.0}));
  EXPECT_THAT(values_of(lamp_scores(weights[1])), Pointwise(DoubleNear(1e-6), {0.000765, 0.004785, 0.307692, 1.0}));
  const PrunableWeight equal = weight_of("fc1.weight", at::ones({2, 2}));
  EXPECT_THAT(values_of(lamp_scores(equal)), Pointwise(DoubleNear(1e-12), {0.25, 1.0 / 3, 0.5, 1.0}));
}

TEST(Pruning, OfTheSmallMlpGivesTheMasksOfTheReference) {
  const std::map<PruningMethod, std::vector<std::string>> a_fifth = {{PruningMethod::lamp, {"111011", "1110"}},
                                                                     {PruningMethod::uniform_plus, {"111011", "1110"}},
                                                                     {PruningMethod::global, {"111111", "0110"}},
                                                                     {PruningMethod::erk, {"111010", "1111"}}};
  for (const PruningMethod method : kMethods) {
    auto weights = small_mlp();
    ASSERT_TRUE(prune(weights, method, 0.2));
    EXPECT_EQ(masks(weights), a_fifth.at(method));
    weights = small_mlp();
    ASSERT_TRUE(prune(weights, method, 0.5));
    EXPECT_THAT(masks(weights), ElementsAre("111000", "0110"));
  }
}

TEST(Pruning, OfTheSmallMlpThreeTimesLeavesTheReferencesCounts) {
  const std::map<PruningMethod, std::vector<Counts>> expected = {
      {PruningMethod::lamp, {{5, 3}, {4, 2}, {3, 2}}},
      {PruningMethod::global, {{6, 2}, {4, 2}, {3, 2}}},
      {PruningMethod::uniform_plus, {{5, 3}, {4, 2}, {3, 2}}},
      {PruningMethod::erk, {{4, 4}, {4, 3}, {3, 2}}}};
  for (const PruningMethod method : kMethods) {
    auto weights = small_mlp();
    for (const Counts& counts : expected.at(method)) {
      ASSERT_TRUE(prune(weights, method, 0.2));
      EXPECT_EQ(kept_counts(weights), counts);
    }
  }
}

TEST(Pruning, OfTheConvolutionalNetworkLeavesTheReferencesCounts) {
  const std::map<PruningMethod, std::vector<Counts>> a_fifth = {
      {PruningMethod::lamp, {{35, 221, 131}, {32, 169, 109}, {29, 127, 92}, {29, 94, 75}, {25, 72, 61}, {23, 54, 49}}},
      {PruningMethod::global, {{35, 244, 108}, {32, 213, 65}, {32, 196, 20}, {32, 166, 0}, {29, 129, 0}, {29, 97, 0}}},
      {PruningMethod::uniform_plus,
       {{36, 226, 125},
        {36, 176, 98},
        {36, 136, 76},
        {36, 104, 58},
        {36, 78, 44},
        {36, 58, 32},
        {36, 33, 32},
        {36, 13, 32}}},
      {PruningMethod::erk, {{36, 191, 160}, {36, 114, 160}, {36, 69, 143}, {33, 54, 111}, {26, 43, 89}, {21, 34, 71}}}};
  const std::map<PruningMethod, std::vector<Counts>> a_twentieth = {
      {PruningMethod::lamp, {{35, 272, 153}, {35, 255, 147}, {35, 240, 140}, {35, 225, 134}}},
      {PruningMethod::global, {{35, 277, 148}, {35, 267, 135}, {35, 256, 124}, {35, 247, 112}}},
      {PruningMethod::uniform_plus, {{36, 273, 151}, {36, 258, 143}, {36, 244, 135}, {36, 230, 128}}},
      {PruningMethod::erk, {{36, 264, 160}, {36, 241, 160}, {36, 219, 160}, {36, 198, 160}}}};
  const auto expect_counts = [](PruningMethod method, double rate, const std::vector<Counts>& steps) {
    auto weights = small_convolutional_network();
    for (const Counts& counts : steps) {
      ASSERT_TRUE(prune(weights, method, rate));
      EXPECT_EQ(kept_counts(weights), counts) << pruning_method_names()[static_cast<std::size_t>(method)];
    }
  };
  for (const PruningMethod method : kMethods) {
    expect_counts(method, 0.2, a_fifth.at(method));
    expect_counts(method, 0.05, a_twentieth.at(method));
  }
}

TEST(Pruning, OfTheConvolutionalNetworkKeepsTheReferencesWeights) {
  const std::map<PruningMethod, std::pair<Counts, Counts>> expected = {
      // sums of indices after one and three steps
      {PruningMethod::lamp, {{609, 32007, 10269}, {518, 18017, 7236}}},
      {PruningMethod::global, {{609, 35318, 8513}, {565, 28294, 1437}}},
      {PruningMethod::uniform_plus, {{630, 32150, 9975}, {630, 19550, 5936}}},
      {PruningMethod::erk, {{630, 27547, 12720}, {630, 9543, 11438}}}};
  for (const auto& [method, sums] : expected) {
    auto weights = small_convolutional_network();
    for (int step = 1; step <= 3; ++step) {
      ASSERT_TRUE(prune(weights, method, 0.2));
      Counts actual;
      for (const PrunableWeight& weight : weights) actual.push_back(index_sum(weight));
      if (step == 1) {
        EXPECT_EQ(actual, sums.first);
      }
      if (step == 3) {
        EXPECT_EQ(actual, sums.second);
      }
    }
  }
}

TEST(Pruning, ByUniformPlusEndsWhereTheLastLayersFloorLeavesTooLittle) {
  auto weights = small_convolutional_network();
  for (int step = 1; step <= 8; ++step) ASSERT_TRUE(prune(weights, PruningMethod::uniform_plus, 0.2)) << step;
  EXPECT_THAT(kept_counts(weights), ElementsAre(36, 13, 32)) << "a first convolution is dense, 32 is a fifth of 160";
  EXPECT_FALSE(counts_after_pruning(weights, PruningMethod::uniform_plus, 0.2).has_value());
}

TEST(Pruning, ByErkLeavesALayerDenseThatWouldNeedMoreThanItHas) {
  const std::vector<PrunableWeight> weights = {weight_of("wide", at::arange(1, 10001, at::kFloat).view({100, 100})),
                                               weight_of("narrow", at::arange(1, 21, at::kFloat).view({10, 2}))};
  // 0.9 * 10,020 survivors, of which 12 / 212 would be 510 for the narrow layer's 20 weights.
  EXPECT_THAT(counts_after_pruning(weights, PruningMethod::erk, 0.1), Optional(ElementsAre(8998, 20)));
}

TEST(Pruning, ByLampKeepsTiesAtTheThreshold) {
  const std::vector<PrunableWeight> weights = {weight_of("a", at::tensor({3.F, 4.F}).view({1, 2})),
                                               weight_of("b", at::tensor({6.F, 8.F}).view({1, 2}))};
  EXPECT_THAT(counts_after_pruning(weights, PruningMethod::lamp, 0.25), Optional(ElementsAre(2, 2)));
}

TEST(Pruning, RoundsHalfToEven) {
  const auto left = [](std::int64_t count, double rate) {
    const std::vector<PrunableWeight> weights = {
        weight_of("fc", at::arange(1, count + 1, at::kFloat).view({1, count}))};
    return count - counts_after_pruning(weights, PruningMethod::global, rate)->front();
  };
  EXPECT_EQ(left(5, 0.5), 2);
  EXPECT_EQ(left(7, 0.5), 4);
  EXPECT_EQ(left(3, 0.5), 2);
  EXPECT_EQ(left(10, 0.25), 2);
  EXPECT_EQ(left(6, 0.25), 2);
}

TEST(Pruning, OfEqualMagnitudesRemovesTheFirst) {
  std::vector<PrunableWeight> weights = {weight_of("fc", at::tensor({1.F, -1.F, 1.F, 2.F}).view({2, 2}))};
  keep_largest(weights, {2});
  EXPECT_EQ(bits(weights[0].kept), "0011");
}

TEST(Pruning, LeavesTheShareThatTheRateSaysToWithinOneWeight) {
  for (const PruningMethod method : {PruningMethod::lamp, PruningMethod::global}) {
    Network network = make_network(make_architecture({.name = "mlp", .hidden = {64, 32}}, {1, 28, 28}, 10), 3);
    auto weights = prunable_weights(network);
    const Counts all = kept_counts(weights);
    double expected = static_cast<double>(std::accumulate(all.begin(), all.end(), std::int64_t{0}));
    for (int k = 1; k <= 10; ++k) {
      ASSERT_TRUE(prune(weights, method, 0.05));
      const Counts counts = kept_counts(weights);
      const auto left = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
      expected *= 0.95;
      EXPECT_NEAR(static_cast<double>(left), expected, 0.5 * k) << "each step rounds by half a weight at most";
    }
  }
}

/// The MLP of the golden case, pruned once by half by the artifact of Lee et al.
TEST(Pruning, GivesTheGoldenMasks) {
  const std::filesystem::path folder = std::filesystem::path(NEUSEMSLICE_SOURCE_DIR) / ".." / "shared/golden/mnist_mlp";
  if (!std::filesystem::exists(folder / "prune_masks.safetensors")) GTEST_SKIP() << folder << " is not here";
  const TensorMap golden = read_safetensors(folder / "prune_masks.safetensors");
  const Network network = {
      make_architecture({.name = "mlp"}, {1, 28, 28}, 10), read_safetensors(folder / "model.safetensors"), {}};
  for (const PruningMethod method : kMethods) {
    auto weights = prunable_weights(network);
    ASSERT_TRUE(prune(weights, method, 0.5));
    const std::string name =
        method == PruningMethod::uniform_plus ? "uniform+" : pruning_method_names()[static_cast<std::size_t>(method)];
    for (const PrunableWeight& weight : weights) {
      const at::Tensor expected = golden.at(name + "/" + weight.name.substr(0, 3)).to(at::kBool);
      EXPECT_TRUE(at::equal(weight.kept, expected)) << name << " " << weight.name;
    }
  }
}

TEST(PrunableWeights, AreThoseOfConvolutionsAndLinearLayersInTheirOrder) {
  const Network network = make_network(make_architecture({.name = "lenet5"}, {1, 28, 28}, 10), 1);
  std::vector<std::string> names;
  for (const PrunableWeight& weight : prunable_weights(network)) names.push_back(weight.name);
  ASSERT_EQ(names.size(), 5U);
  for (const std::string& name : names) EXPECT_TRUE(name.ends_with(".weight"));
}

TEST(ZeroPruned, ClearsWhatIsGoneAndNothingElse) {
  Network network = make_network(make_architecture({.name = "mlp", .hidden = {8}}, {1, 4, 4}, 3), 1);
  const Network before = network.clone();
  auto weights = prunable_weights(network);
  ASSERT_TRUE(prune(weights, PruningMethod::global, 0.5));
  zero_pruned(network, weights);
  for (const PrunableWeight& weight : weights) {
    const at::Tensor& now = network.parameters.at(weight.name);
    EXPECT_TRUE(at::equal(now, before.parameters.at(weight.name) * weight.kept));
    EXPECT_EQ(now.masked_select(weight.kept.logical_not()).count_nonzero().item<std::int64_t>(), 0);
  }
  EXPECT_TRUE(at::equal(network.parameters.at("fc1.bias"), before.parameters.at("fc1.bias")));
}

}  // namespace
}  // namespace neusemslice
