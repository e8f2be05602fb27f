#include "maintenance/trainable_part.hpp"

#include <filesystem>
#include <numeric>

#include <gmock/gmock.h>

#include "config/suite.hpp"
#include "core/error.hpp"
#include "maintenance/restructure.hpp"
#include "models/zoo.hpp"
#include "support/gpu.hpp"
#include "support/temporary_folder.hpp"
#include "support/toy_networks.hpp"
#include "training/trainer.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::HasSubstr;

std::vector<std::int64_t> first_units(std::int64_t count) {
  std::vector<std::int64_t> units(static_cast<std::size_t>(count));
  std::iota(units.begin(), units.end(), std::int64_t{0});
  return units;
}

Network zoo(const std::string& name, const std::vector<std::int64_t>& shape) {
  const Architecture architecture = make_architecture({.name = name}, shape, 10);
  Network network{architecture, {}, {}};
  for (const ParameterShape& parameter : parameter_shapes(architecture)) {
    network.parameters.emplace(parameter.name, at::empty(parameter.shape));
  }
  return network;
}

double percent(const Network& network, const TrainableParameters& trainable) {
  return 100 * trained_parameter_ratio(network, trainable);
}

TEST(TrainedParameterRatio, FollowsFromTheKeptUnitsAsThePapersDoes) {
  const Network mlp = zoo("mlp", {1, 28, 28});
  const UnitGraph units = derive_units(mlp.architecture);
  const TrainableParameters layer = trainable_layers(mlp, {"fc1"});
  EXPECT_NEAR(percent(mlp, layer), 75.01, 0.005);
  const TrainableParameters mnist = trainable_slice(mlp, units, {{"fc1", first_units(165)}, {"fc2", first_units(78)}});
  EXPECT_NEAR(percent(mlp, mnist), 26.74, 0.005);
  EXPECT_NEAR(percent(mlp, in_both(mnist, layer)), 24.17, 0.005);
  const TrainableParameters fmnist =
      trainable_slice(mlp, units, {{"fc1", first_units(275)}, {"fc2", first_units(168)}});
  EXPECT_NEAR(percent(mlp, fmnist), 49.26, 0.005);
  EXPECT_NEAR(percent(mlp, in_both(fmnist, layer)), 40.29, 0.005);
}

/// method.md section 7: the layers that the paper's figures imply.
TEST(TrainedParameterRatio, OfDeepArcsLayersInTheSettingsIsThePapers) {
  struct Published {
    const char* setting;
    std::vector<std::int64_t> shape;
    double percent;
  };
  for (const auto& [name, shape, expected] :
       {Published{"mlp-mnist", {1, 28, 28}, 75.01}, Published{"mlp-fmnist", {1, 28, 28}, 75.01},
        Published{"alexnet-cifar10", {3, 32, 32}, 99.18}, Published{"vgg16-cifar10", {3, 32, 32}, 67.60}}) {
    const SettingConfig setting = load_setting(std::filesystem::path(NEUSEMSLICE_SOURCE_DIR) / "configs/settings" /
                                               (std::string(name) + ".yaml"));
    const Network network = zoo(setting.model.name, shape);
    EXPECT_NEAR(percent(network, trainable_layers(network, setting.critical_layers)), expected, 0.005) << name;
  }
}

TEST(TrainableLayers, NamesALayerThatIsNotThere) {
  EXPECT_THAT(message_of<InputError>([] {
                trainable_layers(zoo("mlp", {1, 28, 28}), {"conv1"});
              }),
              HasSubstr("'conv1'"));
}

/// Every other unit of each group.
KeptUnits half_of(const UnitGraph& units) {
  KeptUnits kept;
  for (const UnitGroup& group : units.groups) {
    for (const std::size_t member : group.layers) {
      auto& indices = kept[units.layers[member].name];
      for (std::int64_t unit = 0; unit < units.layers[member].units; unit += 2) indices.push_back(unit);
    }
  }
  return kept;
}

TEST(TrainableSlice, HasAsManyParametersAsTheShrunkenNetwork) {
  for (const std::string& kind : toy_kinds()) {
    const Network network = toy_network(kind, 1);
    const UnitGraph units = derive_units(network.architecture);
    EXPECT_EQ(trainable_count(network, trainable_slice(network, units, half_of(units))),
              parameter_count(shrunken_architecture(network.architecture, units, half_of(units))))
        << kind;
  }
}

/// The entries that a part leaves frozen, as a mask.
at::Tensor frozen(const at::Tensor& tensor, const TrainableParameters& trainable, const std::string& name) {
  at::Tensor mask = at::ones_like(tensor);
  const auto region = trainable.find(name);
  if (region != trainable.end()) scatter_region(mask, region->second, gather_region(mask, region->second) * 0);
  return mask.to(at::kBool);
}

TEST(TrainableSlice, LeavesEverythingElseAsItWasBitForBit) {
  for (const std::string& kind : toy_kinds()) {
    for (const char* optimizer : {"sgd", "adam"}) {
      const Problem problem = toy_problem(kind, 4);
      Network network = problem.network.clone();
      const KeptUnits kept = half_of(problem.units);
      const TrainableParameters trainable = trainable_slice(network, problem.units, kept);
      const TrainingSplit split = split_training(problem.dataset.training.labels, problem.dataset.categories(), 10, 1);
      train(network, problem.dataset, split,
            {.optimizer = optimizer, .learning_rate = 0.01, .weight_decay = 0.1, .epochs = 2, .batch_size = 8}, 1,
            trainable);
      for (const auto& [name, value] : network.parameters) {
        const at::Tensor& before = problem.network.parameters.at(name);
        const at::Tensor still = frozen(value, trainable, name);
        EXPECT_TRUE(at::equal(value.masked_select(still), before.masked_select(still))) << kind << " " << name;
        EXPECT_FALSE(at::equal(value, before)) << kind << " " << name << ": its critical part trains";
      }
      for (const UnitGroup& group : problem.units.groups) {
        for (const ParameterSlot& slot : group.measured_by) {
          const at::Tensor changed =
              network.buffers.at(slot.parameter).ne(problem.network.buffers.at(slot.parameter)).to(at::kLong);
          EXPECT_EQ(changed.slice(0, 1, std::nullopt, 2).sum().item<std::int64_t>(), 0)
              << kind << " " << slot.parameter << ": removed units keep their running statistics";
          EXPECT_GT(changed.sum().item<std::int64_t>(), 0) << kind << " " << slot.parameter;
        }
      }
    }
  }
}

class TrainableSliceOnAGpu : public OnAGpu {};

TEST_F(TrainableSliceOnAGpu, TrainsAsOnTheCpuAndLeavesEverythingElse) {
  for (const std::string& kind : toy_kinds()) {
    for (const char* optimizer : {"sgd", "adam"}) {
      const Problem problem = toy_problem(kind, 4);
      const TrainingSplit split = split_training(problem.dataset.training.labels, problem.dataset.categories(), 10, 1);
      const auto trained_on = [&](at::Device device) {
        Network network = problem.network.clone().to(device);
        train(network, problem.dataset, split,
              {.optimizer = optimizer, .learning_rate = 0.01, .weight_decay = 0.1, .epochs = 1, .batch_size = 8}, 1,
              trainable_slice(network, problem.units, half_of(problem.units)));
        return network.to(at::kCPU);
      };
      const Network on_cpu = trained_on(at::kCPU);
      const Network on_gpu = trained_on(gpu_);
      const TrainableParameters trainable = trainable_slice(on_cpu, problem.units, half_of(problem.units));
      for (const auto& [name, value] : on_gpu.parameters) {
        const at::Tensor& before = problem.network.parameters.at(name);
        const at::Tensor still = frozen(value, trainable, name);
        EXPECT_TRUE(at::equal(value.masked_select(still), before.masked_select(still))) << kind << " " << name;
        EXPECT_TRUE(at::allclose(value, on_cpu.parameters.at(name), 1e-3, 1e-4)) << kind << " " << name;
      }
    }
  }
}

TEST(TrainableLayers, LeaveTheRunningStatisticsOfFrozenNorms) {
  const Problem problem = toy_problem("stack", 4);
  Network network = problem.network.clone();
  const TrainingSplit split = split_training(problem.dataset.training.labels, problem.dataset.categories(), 10, 1);
  const std::string last = network.architecture.nodes.back().name;
  train(network, problem.dataset, split, {.epochs = 1, .batch_size = 8}, 1, trainable_layers(network, {last}));
  for (const auto& [name, value] : network.buffers) {
    EXPECT_TRUE(at::equal(value, problem.network.buffers.at(name))) << name;
  }
}

TEST(Train, WithTwinsMinimisesTheSumOfBothLosses) {
  const Problem problem = toy_problem("basic", 6);
  LabelledImages twins = problem.dataset.training;
  twins.images = 255 - twins.images;
  const TrainingSplit split = split_training(problem.dataset.training.labels, problem.dataset.categories(), 10, 1);
  Network network = problem.network.clone();
  const auto record = train(network, problem.dataset, split, {.optimizer = "sgd", .learning_rate = 0, .epochs = 1}, 1,
                            trainable_layers(network, {network.architecture.nodes.back().name}), {.twins = &twins});
  const auto loss = [&](const LabelledImages& images) {
    const at::Tensor batch = gather_images(images.images, split.training, problem.dataset.normalisation, at::kCPU);
    return at::cross_entropy_loss(forward(problem.network, batch), images.labels.index_select(0, split.training))
        .item<double>();
  };
  EXPECT_NEAR(record.epochs.front().training_loss, loss(problem.dataset.training) + loss(twins), 1e-5)
      << "with frozen norms and nothing learned";
}

}  // namespace
}  // namespace neusemslice
