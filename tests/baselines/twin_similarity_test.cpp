#include <gmock/gmock.h>

#include "baselines/cka.hpp"
#include "baselines/critical_layers.hpp"
#include "support/toy_networks.hpp"

namespace neusemslice {
namespace {

using test_support::toy_problem;
using testing::Each;

TEST(TwinSimilarities, OfTheImagesThemselvesAreOne) {
  const auto problem = toy_problem("bottleneck", 2);
  const auto layers = compared_layers(problem.network.architecture, Granularity::blocks);
  const at::Tensor& images = problem.dataset.training.images;
  const auto similarities = twin_similarities(problem.network, layers, problem.dataset.normalisation, images, {images});
  ASSERT_EQ(similarities.size(), 1U);
  EXPECT_EQ(similarities[0].size(), layers.size());
  EXPECT_THAT(similarities[0], Each(testing::DoubleNear(1, 1e-6)));
}

TEST(TwinSimilarities, AreTheBiasedCkaOfEachLayersActivations) {
  const auto problem = toy_problem("stack", 2);
  const at::Tensor& images = problem.dataset.training.images;
  const std::vector<at::Tensor> twins = {255 - images, images.flip(3)};
  const auto layers = compared_layers(problem.network.architecture, Granularity::taps);
  const auto similarities = twin_similarities(problem.network, layers, problem.dataset.normalisation, images, twins);
  const Normaliser normaliser(problem.dataset.normalisation, at::kCPU);
  const auto values = forward_all(problem.network, normaliser(images));
  for (std::size_t attack = 0; attack < twins.size(); ++attack) {
    const auto twin_values = forward_all(problem.network, normaliser(twins[attack]));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto node = static_cast<std::size_t>(layers[i].output);
      EXPECT_NEAR(similarities[attack][i], cka(values[node], twin_values[node], CkaVariant::biased), 1e-9);
      EXPECT_LT(similarities[attack][i], 0.9999);
    }
  }
}

TEST(LayersWithin, NamesConvolutionsAndLinearLayersAlone) {
  const auto problem = toy_problem("basic", 2);
  const auto blocks = compared_layers(problem.network.architecture, Granularity::blocks);
  const auto names = layers_within(problem.network.architecture, blocks, {0});
  EXPECT_GE(names.size(), 2U);
  for (const std::string& name : names) EXPECT_TRUE(name.starts_with(blocks.front().name + ".")) << name;
}

}  // namespace
}  // namespace neusemslice
