// The five scores of networks with convolutions, batch norm, poolings and additions.
#include <gmock/gmock.h>

#include "contribution/scorer.hpp"
#include "core/error.hpp"
#include "support/reference.hpp"
#include "support/toy_networks.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

const std::vector<std::string> kAll = {"avg", "var", "ens", "deeplift", "taylor"};
constexpr double kFloat32 = 2e-5;

Scores scores_of(const Problem& problem, std::int64_t batch_size, const std::vector<std::string>& metrics = kAll) {
  ContributionConfig config;
  config.batch_size = batch_size;
  config.metrics = metrics;
  return score_contributions(problem.network, problem.units, problem.dataset.training, problem.dataset.normalisation,
                             problem.positions, config);
}

class ScoresOf : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Networks, ScoresOf, testing::ValuesIn(toy_kinds()),
                         [](const auto& test) { return test.param; });

TEST_P(ScoresOf, EveryLayerFollowTheFloat64ReferenceByCategoryAndGlobally) {
  const Problem problem = toy_problem(GetParam(), 21);
  const auto expected = exact_scores(problem);
  const Scores scores = scores_of(problem, 7);
  double worst = 0;
  for (const UnitLayer& layer : problem.units.layers) {
    for (const std::string& metric : kAll) {
      const ScoreTable& table = scores.at(layer.name).at(metric);
      const ReferenceTable& reference = expected.at(layer.name).at(metric);
      const double error = std::max(relative_to_largest(table.by_category, to_tensor(reference.by_category)),
                                    relative_to_largest(table.global, to_tensor(reference.global)));
      EXPECT_LE(error, kFloat32) << layer.name << " " << metric;
      worst = std::max(worst, error);
    }
  }
  RecordProperty("largest_error", fmt::format("{:.2e}", worst));
}

TEST_P(ScoresOf, EveryLayerDoNotDependOnTheBatchSize) {
  const Problem problem = toy_problem(GetParam(), 22);
  const Scores expected = scores_of(problem, 512);
  for (const auto& [layer, metrics] : scores_of(problem, 3)) {
    for (const auto& [metric, table] : metrics) {
      EXPECT_LE(relative_to_largest(table.by_category, expected.at(layer).at(metric).by_category), 1e-5)
          << layer << " " << metric;
    }
  }
}

TEST_P(ScoresOf, AMetricAloneAreThoseOfAllFive) {
  const Problem problem = toy_problem(GetParam(), 23);
  const Scores all = scores_of(problem, 16);
  for (const std::string& metric : kAll) {
    for (const auto& [layer, metrics] : scores_of(problem, 16, {metric})) {
      EXPECT_LE(relative_to_largest(metrics.at(metric).by_category, all.at(layer).at(metric).by_category), 1e-5)
          << layer << " " << metric;
    }
  }
}

TEST(ScoresOfABottleneck, OfLayersThatAreAddedDifferInTaylorAlone) {
  const Problem problem = toy_problem("bottleneck", 24);
  const Scores scores = scores_of(problem, 16);
  const auto& main = scores.at("layer1.0.conv3");
  const auto& around = scores.at("layer1.0.downsample.0");
  for (const std::string metric : {"avg", "var", "ens", "deeplift"}) {
    EXPECT_TRUE(bits_equal(main.at(metric).by_category, around.at(metric).by_category)) << metric;
  }
  EXPECT_GT(relative_to_largest(main.at("taylor").global, around.at("taylor").global), 0.01);
}

/// (sum over the unit's weights and bias of gradient * parameter)^2 is what z * dL/dz stands for.
TEST(ScoresOfAStack, TaylorEqualsTheSquaredSumOfGradientTimesParameter) {
  const Problem problem = toy_problem("stack", 25, 12);
  const Scores scores = scores_of(problem, 5);
  for (const std::string name : {"features.0", "features.3", "classifier.0"}) {
    for (std::size_t c = 0; c < problem.positions.size(); ++c) {
      std::vector<at::Tensor> squares;
      for (const at::Tensor& position : problem.positions[c].split(1)) {
        Network network = deep_copy(problem.network);
        std::vector<at::Tensor> own = {network.parameters.at(name + ".weight")};
        if (network.parameters.contains(name + ".bias")) own.push_back(network.parameters.at(name + ".bias"));
        for (at::Tensor& parameter : own) parameter.set_requires_grad(true);
        const at::Tensor image =
            gather_images(problem.dataset.training.images, position, problem.dataset.normalisation, at::kCPU);
        const at::Tensor loss =
            at::cross_entropy_loss(forward(network, image), problem.dataset.training.labels.index_select(0, position));
        const std::vector<at::Tensor> gradients = torch::autograd::grad({loss}, own);
        at::Tensor sum = at::zeros({own[0].size(0)}, at::kDouble);
        for (std::size_t i = 0; i < own.size(); ++i) {
          sum = sum + (own[i] * gradients[i]).detach().view({sum.size(0), -1}).sum(1, false, at::kDouble);
        }
        squares.push_back(sum.square());
      }
      if (squares.empty()) continue;
      EXPECT_LE(relative_to_largest(scores.at(name).at("taylor").by_category[static_cast<std::int64_t>(c)],
                                    at::stack(squares).mean(0)),
                kFloat32)
          << name;
    }
  }
}

}  // namespace
}  // namespace neusemslice
