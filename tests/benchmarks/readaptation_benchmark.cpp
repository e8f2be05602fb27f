// Retraining what a slice keeps against retraining everything, as re-adaptation does: images and their adversarial
// twins, 128 of each a step.
#include "benchmarks/first_units.hpp"
#include "benchmarks/ratio.hpp"
#include "maintenance/trainable_part.hpp"
#include "models/zoo.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kCategories = 10;

Dataset random_dataset(const Architecture& architecture, std::int64_t images) {
  std::vector<std::int64_t> shape = architecture.input_shape;
  shape.insert(shape.begin(), images);
  Dataset dataset{.name = "random", .category_names = std::vector<std::string>(kCategories, "category")};
  dataset.training.images = at::randint(0, 256, shape, at::kByte);
  dataset.training.labels = at::arange(images).remainder(kCategories);
  return dataset;
}

void retrain(benchmark::State& state, const Architecture& architecture, std::int64_t images, const KeptUnits& kept) {
  const Dataset dataset = random_dataset(architecture, images);
  const LabelledImages twins = dataset.training;
  const TrainingSplit split{at::arange(images), at::empty({0}, at::kLong)};
  const RecipeConfig recipe{.epochs = 1, .batch_size = 128};
  Network network = make_network(architecture, 0);
  const UnitGraph units = derive_units(network.architecture);
  const auto train_part = [&](const TrainableParameters& trainable) {
    train(network, dataset, split, recipe, 0, trainable, {.twins = &twins});
  };
  report_ratio(
      state, 1, [&] { train_part(trainable_slice(network, units, kept)); },
      [&] { train_part(train_everything(network)); });
}

/// The paper's slice of MLP-MNIST, 26.74 % of its parameters.
void readapting_an_mlp(benchmark::State& state) {
  const Architecture mlp = make_mlp({1, 28, 28}, {512, 256}, kCategories);
  KeptUnits kept = first_units(derive_units(mlp), 100);
  kept.at("fc1").resize(165);
  kept.at("fc2").resize(78);
  retrain(state, mlp, 6'400, kept);
}

void readapting_alexnet(benchmark::State& state) {
  const Architecture alexnet = make_architecture({.name = "alexnet-cifar"}, {3, 32, 32}, kCategories);
  retrain(state, alexnet, 256, first_units(derive_units(alexnet), 70));
}

BENCHMARK(readapting_an_mlp)->UseManualTime()->Iterations(9)->Unit(benchmark::kMillisecond);
BENCHMARK(readapting_alexnet)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace neusemslice
