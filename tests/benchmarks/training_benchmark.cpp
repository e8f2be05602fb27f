// An epoch of the trainer against the bare forward, backward and step on batches that lie ready in memory.
#include <torch/csrc/autograd/autograd.h>

#include "benchmarks/ratio.hpp"
#include "models/zoo.hpp"
#include "training/optimizer.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kImages = 12'800;
constexpr std::int64_t kCategories = 10;

Dataset random_dataset() {
  Dataset dataset;
  dataset.name = "random";
  dataset.category_names.assign(kCategories, "category");
  dataset.training = {at::randint(0, 256, {kImages + 1, 1, 28, 28}, at::kByte),
                      at::arange(kImages + 1).remainder(kCategories)};
  return dataset;
}

void mlp_training(benchmark::State& state) {
  const Dataset dataset = random_dataset();
  const TrainingSplit split{at::arange(kImages), at::arange(kImages, kImages + 1)};
  RecipeConfig recipe;
  recipe.epochs = 1;
  Network network = make_network(make_mlp({1, 28, 28}, {512, 256}, kCategories), 0);
  const auto batch = gather_images(dataset.training.images, at::arange(recipe.batch_size), {}, at::kCPU).flatten(1);
  const at::Tensor labels = dataset.training.labels.slice(0, 0, recipe.batch_size);
  report_ratio(
      state, 1 / 0.9, [&] { train(network, dataset, split, recipe, 0, train_everything(network)); },
      [&] {
        Optimizer optimizer(network, train_everything(network), recipe);
        for (std::int64_t i = 0; i < kImages / recipe.batch_size; ++i) {
          optimizer.step(at::cross_entropy_loss(forward(network, batch), labels), recipe.learning_rate);
        }
      });
}

BENCHMARK(mlp_training)->UseManualTime()->Iterations(9)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace neusemslice
