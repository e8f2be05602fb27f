#include "models/weights.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/safetensors.hpp"
#include "models/units.hpp"
#include "models/zoo.hpp"
#include "support/problem.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Weights : public testing::Test {
 protected:
  const Architecture architecture_ = make_mlp({1, 2, 2}, {3}, 2);
  TensorMap tensors_ = make_network(architecture_, 0).parameters;
  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "model.safetensors";

  /// What loading complains about once the tensors are written: a line that begins with the file's name.
  std::string complaint() {
    write_safetensors(path_, tensors_);
    const std::string message = message_of<InputError>([&] { load_network(path_, architecture_); });
    EXPECT_THAT(message, StartsWith(path_.string()));
    return message;
  }

  /// The same for reading the architecture off the weights.
  std::string misfit(const std::vector<std::int64_t>& input_shape, std::int64_t categories) {
    write_safetensors(path_, tensors_);
    const std::string message =
        message_of<InputError>([&] { architecture_of_weights("mlp", path_, input_shape, categories); });
    EXPECT_THAT(message, StartsWith(path_.string()));
    return message;
  }
};

TEST_F(Weights, ComeBackBitForBit) {
  const Network network{architecture_, tensors_, {}};
  save_network(path_, network);
  const Network loaded = load_network(path_, architecture_);
  EXPECT_EQ(loaded.architecture, architecture_);
  ASSERT_EQ(loaded.parameters.size(), tensors_.size());
  for (const auto& [name, value] : tensors_) EXPECT_TRUE(bits_equal(loaded.parameters.at(name), value)) << name;
}

TEST_F(Weights, TellTheWidthsOfAnMlp) {
  save_network(path_, {architecture_, tensors_, {}});
  EXPECT_EQ(architecture_of_weights("mlp", path_, {1, 2, 2}, 2), architecture_);
}

TEST_F(Weights, AMissingTensorIsNamed) {
  tensors_.erase("fc2.bias");
  EXPECT_THAT(complaint(), HasSubstr("'fc2.bias'"));
}

TEST_F(Weights, ATensorTooManyIsNamed) {
  tensors_["fc9.weight"] = at::zeros({1, 1});
  EXPECT_THAT(complaint(), HasSubstr("'fc9.weight'"));
}

TEST_F(Weights, AWrongShapeIsShownBesideTheRightOne) {
  tensors_["fc1.weight"] = at::zeros({4, 3});
  EXPECT_THAT(complaint(), AllOf(HasSubstr("'fc1.weight'"), HasSubstr("[4, 3]"), HasSubstr("[3, 4]")));
  tensors_["fc1.weight"] = at::zeros({12});
  EXPECT_THAT(complaint(), HasSubstr("[12]"));
}

TEST_F(Weights, AnotherTypeIsRefused) {
  for (const at::ScalarType type : {at::kDouble, at::kHalf, at::kBFloat16, at::kLong}) {
    tensors_["fc1.bias"] = at::zeros({3}, type);
    EXPECT_THAT(complaint(), AllOf(HasSubstr("'fc1.bias'"), HasSubstr("float32")));
  }
}

TEST_F(Weights, NanAndInfinityAreRefused) {
  for (const double value : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    tensors_["fc2.weight"] = at::zeros({2, 3});
    tensors_["fc2.weight"][1][2] = value;
    EXPECT_THAT(complaint(), AllOf(HasSubstr("'fc2.weight'"), HasSubstr("NaN")));
  }
}

TEST_F(Weights, ForImagesOfAnotherSizeAreRefused) {
  EXPECT_THAT(misfit({1, 3, 3}, 2), AllOf(HasSubstr("fc1.weight"), HasSubstr("9")));
}

TEST_F(Weights, ForAnotherNumberOfCategoriesAreRefused) {
  EXPECT_THAT(misfit({1, 2, 2}, 10), AllOf(HasSubstr("2 outputs"), HasSubstr("10 categories")));
}

TEST_F(Weights, LayersThatDoNotFitEachOtherAreRefused) {
  tensors_["fc2.weight"] = at::zeros({2, 5});
  EXPECT_THAT(misfit({1, 2, 2}, 2), HasSubstr("fc2.weight"));
}

TEST_F(Weights, WithoutALayerOrWithOneThatIsNoMatrixAreRefused) {
  tensors_["fc1.weight"] = at::zeros({12});
  EXPECT_THAT(misfit({1, 2, 2}, 2), AllOf(HasSubstr("fc1.weight"), HasSubstr("[12]")));
  tensors_.erase("fc1.weight");
  EXPECT_THAT(misfit({1, 2, 2}, 2), HasSubstr("fc1.weight"));
}

TEST_F(Weights, OfAnEmptyLayerAreRefused) {
  tensors_["fc1.weight"] = at::zeros({0, 4});
  tensors_["fc1.bias"] = at::zeros({0});
  tensors_["fc2.weight"] = at::zeros({2, 0});
  EXPECT_THAT(misfit({1, 2, 2}, 2), HasSubstr("fc1.weight"));
}

TEST_F(Weights, WithoutAHiddenLayerTellAnMlpOfOneLayer) {
  write_safetensors(path_, {{"fc1.weight", at::zeros({2, 4})}, {"fc1.bias", at::zeros({2})}});
  EXPECT_EQ(architecture_of_weights("mlp", path_, {1, 2, 2}, 2), make_mlp({1, 2, 2}, {}, 2));
}

TEST_F(Weights, TellTheWidthsOfAShrunkenNetworkOfTheZoo) {
  for (const std::string name : {"lenet5", "alexnet-cifar", "vgg11", "vgg11-cifar", "resnet18", "resnet50-cifar"}) {
    const Architecture full = make_architecture({.name = name, .width = 0.05}, {3, 32, 32}, 4);
    const UnitGraph units = derive_units(full);
    KeptUnits kept;
    std::int64_t width = 0;
    for (const UnitGroup& group : units.groups) {  // uneven: one unit, two, three, one, ...
      width = width % 3 + 1;
      for (const std::size_t member : group.layers) {
        const UnitLayer& layer = units.layers[member];
        for (std::int64_t unit = 0; unit < std::min(width, layer.units); ++unit) kept[layer.name].push_back(unit);
      }
    }
    const Architecture shrunken = shrunken_architecture(full, units, kept);
    save_network(path_, make_network(shrunken, 0));
    EXPECT_EQ(architecture_of_weights(name, path_, {3, 32, 32}, 4), shrunken);
    EXPECT_EQ(load_network(path_, shrunken).parameters.size(), parameter_shapes(full).size());
  }
}

TEST_F(Weights, WhoseAddedLayersDifferInWidthAreRefusedByTheAddition) {
  Network network = make_network(make_resnet_cifar(18, {3, 32, 32}, 2, 0.05), 0);
  network.parameters["layer1.0.conv2.weight"] = at::zeros({2, 3, 3, 3});
  save_network(path_, network);
  EXPECT_THAT(
      message_of<InputError>([&] {
        architecture_of_weights("resnet18-cifar", path_, {3, 32, 32}, 2);
      }),
      AllOf(StartsWith(path_.string()), HasSubstr("(add)"), HasSubstr("[2, 32, 32]"), HasSubstr("[3, 32, 32]")));
}

class WeightsWithBatchNorm : public testing::Test {
 protected:
  const Architecture architecture_ = make_resnet_cifar(18, {3, 8, 8}, 4, 0.05);
  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "model.safetensors";
  Network network_ = make_network(architecture_, 0);

  std::string complaint() {
    save_network(path_, network_);
    return message_of<InputError>([&] { load_network(path_, architecture_); });
  }
};

TEST_F(WeightsWithBatchNorm, ComeBackWithTheRunningStatistics) {
  network_.buffers["bn1.running_mean"] = at::full({3}, 0.25);
  save_network(path_, network_);
  const Network loaded = load_network(path_, architecture_);
  ASSERT_EQ(loaded.buffers.size(), buffer_shapes(architecture_).size());
  for (const auto& [name, value] : network_.buffers) EXPECT_TRUE(bits_equal(loaded.buffers.at(name), value)) << name;
}

TEST_F(WeightsWithBatchNorm, NeedEveryStatisticFiniteAndOfTheRightShape) {
  network_.buffers["layer4.1.bn2.running_var"] = at::ones({2});
  EXPECT_THAT(complaint(), AllOf(HasSubstr("'layer4.1.bn2.running_var'"), HasSubstr("[2]")));
  network_ = make_network(architecture_, 0);
  network_.buffers["bn1.running_mean"][1] = static_cast<double>(NAN);
  EXPECT_THAT(complaint(), AllOf(HasSubstr("'bn1.running_mean'"), HasSubstr("NaN")));
  network_.buffers.erase("bn1.running_mean");
  EXPECT_THAT(complaint(), HasSubstr("no tensor 'bn1.running_mean'"));
}

TEST_F(WeightsWithBatchNorm, LoadWithAndWithoutPyTorchsCountOfBatches) {
  TensorMap tensors = network_.parameters;
  tensors.insert(network_.buffers.begin(), network_.buffers.end());
  write_safetensors(path_, tensors);
  EXPECT_NO_THROW(load_network(path_, architecture_));
  tensors["bn1.num_batches_tracked"] = at::scalar_tensor(7, at::TensorOptions(at::kLong));
  write_safetensors(path_, tensors);
  EXPECT_NO_THROW(load_network(path_, architecture_));
  tensors["conv1.num_batches_tracked"] = at::scalar_tensor(7, at::TensorOptions(at::kLong));
  write_safetensors(path_, tensors);
  EXPECT_THAT(message_of<InputError>([&] { load_network(path_, architecture_); }),
              HasSubstr("'conv1.num_batches_tracked' belongs to no layer"));
}

TEST_F(WeightsWithBatchNorm, ForAnotherHeadAreRefusedWithTheWayOut) {
  save_network(path_, make_network(make_resnet_cifar(18, {3, 8, 8}, 1000, 0.05), 0));
  EXPECT_THAT(
      message_of<InputError>([&] { load_network(path_, architecture_); }),
      AllOf(StartsWith(path_.string()), HasSubstr("[1000, 26]"), HasSubstr("[4, 26]"), HasSubstr("--new-head")));
}

TEST_F(WeightsWithBatchNorm, StartTrainingUnderANewHead) {
  const Network published = make_network(make_resnet_cifar(18, {3, 8, 8}, 1000, 0.05), 3);
  save_network(path_, published);
  const Network start = starting_network(architecture_, {.file = path_.string(), .new_head = true}, 5);
  const Network drawn = make_network(architecture_, 5);
  ASSERT_EQ(start.parameters.size(), drawn.parameters.size());
  for (const auto& [name, value] : start.parameters) {
    const bool head = name.starts_with("fc.");
    EXPECT_TRUE(bits_equal(value, (head ? drawn : published).parameters.at(name))) << name;
  }
}

TEST_F(Weights, OfAnUnknownModelAreRefused) {
  save_network(path_, {architecture_, tensors_, {}});
  EXPECT_THAT(message_of<InputError>([&] {
                architecture_of_weights("mpl", path_, {1, 2, 2}, 2);
              }),
              HasSubstr("did you mean 'mlp'"));
}

}  // namespace
}  // namespace neusemslice
