#include "baselines/layer_similarity.hpp"

#include <gmock/gmock.h>

#include "baselines/activation_grams.hpp"
#include "core/error.hpp"
#include "models/zoo.hpp"
#include "support/problem.hpp"

namespace neusemslice {
namespace {

using namespace test_support;

/// ResNet-18, a sixteenth as wide: four stages of two basic blocks, the first of 4 channels.
Architecture small_resnet() {
  return make_resnet_cifar(18, {1, 8, 8}, 3, 1.0 / 16);
}

LabelledImages random_images(std::int64_t samples, at::IntArrayRef shape) {
  std::vector<std::int64_t> extents = {samples};
  extents.insert(extents.end(), shape.begin(), shape.end());
  return {random_tensor(81, "images", extents, 0, 256).to(at::kByte), at::zeros({samples}, at::kLong)};
}

LayerSimilarity similarity_of(const Network& network, Granularity granularity, const LabelledImages& images,
                              const at::Tensor& positions, const LayerSimilarityOptions& options = {}) {
  return layer_similarity(network, granularity, images, {.mean = {0.4}, .deviation = {0.3}}, positions, options);
}

/// The same from all activations at once in float64.
at::Tensor reference(const Network& network, const std::vector<ComparedLayer>& layers, const LabelledImages& images,
                     const at::Tensor& positions, const LayerSimilarityOptions& options) {
  CkaSums sums(static_cast<std::int64_t>(layers.size()));
  for (const at::Tensor& chosen : positions.split(options.batch_size)) {
    const auto values = forward_all(network, (images.images.index_select(0, chosen).to(at::kFloat) / 255 - 0.4) / 0.3);
    std::vector<at::Tensor> grams;
    for (const ComparedLayer& layer : layers) {
      const at::Tensor activations = values[static_cast<std::size_t>(layer.output)].to(at::kDouble);
      grams.push_back(gram_matrix(activations, options.variant));
    }
    sums.add(at::stack(grams));
  }
  return sums.value();
}

TEST(LayerSimilarity, OfAResNetIsThatOfAllActivationsAtOnceInFloat64) {
  const Network network = make_network(small_resnet(), 82);
  const LabelledImages images = random_images(50, {1, 8, 8});
  const at::Tensor positions = index_tensor(random_order(82, 50)).slice(0, 0, 42);
  for (const Granularity granularity : {Granularity::taps, Granularity::blocks}) {
    for (const CkaVariant variant : {CkaVariant::debiased, CkaVariant::biased, CkaVariant::uncentred}) {
      const LayerSimilarityOptions options = {variant, 16};  // batches of 16, 16 and 10
      const LayerSimilarity result = similarity_of(network, granularity, images, positions, options);
      EXPECT_EQ(result.layers, compared_layers(network.architecture, granularity));
      EXPECT_LE(relative_to_largest(result.matrix, reference(network, result.layers, images, positions, options)), 1e-6)
          << variant_name(variant);
    }
  }
}

TEST(ActivationGrams, DoNotDependOnHowManyPassesTheMemoryAllows) {
  const Network network = make_network(small_resnet(), 85);
  const at::Tensor images = random_images(12, {1, 8, 8}).images;
  const auto layers = compared_layers(network.architecture, Granularity::taps);
  for (const CkaVariant variant : {CkaVariant::debiased, CkaVariant::biased, CkaVariant::uncentred}) {
    const at::Tensor at_once = activation_grams(network, layers, {}, images, variant);
    for (const std::int64_t bytes : {1, 5000, 20'000}) {  // a channel of the first layer has 12 * 64 * 4 = 3,072
      const at::Tensor in_parts = activation_grams(network, layers, {}, images, variant, bytes);
      EXPECT_LE(relative_to_largest(in_parts, at_once), 1e-6) << variant_name(variant) << ", " << bytes;
    }
  }
}

TEST(LayerSimilarity, IsSymmetricWithOnesOnTheDiagonalAndTheSameBytesTwice) {
  const Problem problem = random_problem(83);
  const auto matrix = [&] {
    return similarity_of(problem.network, Granularity::taps, problem.dataset.training, at::arange(60)).matrix;
  };
  const at::Tensor first = matrix();
  EXPECT_TRUE(bits_equal(first, first.t()));
  EXPECT_TRUE(bits_equal(first.diagonal(), at::ones({2}, at::kDouble)));
  EXPECT_TRUE(bits_equal(first, matrix()));
}

TEST(LayerSimilarity, LeavesOutALastBatchTooSmallToBeDebiased) {
  const Problem problem = random_problem(84);
  const auto matrix = [&](std::int64_t samples) {
    return similarity_of(problem.network, Granularity::taps, problem.dataset.training, at::arange(samples),
                         {.batch_size = 8})
        .matrix;
  };
  EXPECT_TRUE(bits_equal(matrix(16), matrix(19)));
  EXPECT_FALSE(bits_equal(matrix(16), matrix(20)));
}

TEST(LayerSimilarity, NeedsABatchOfFour) {
  const Problem problem = random_problem(85);
  EXPECT_THROW(similarity_of(problem.network, Granularity::taps, problem.dataset.training, at::arange(3)), InputError);
  EXPECT_THROW(
      similarity_of(problem.network, Granularity::taps, problem.dataset.training, at::arange(9), {.batch_size = 3}),
      InputError);
}

}  // namespace
}  // namespace neusemslice
