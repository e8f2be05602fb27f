#include "models/zoo.hpp"
#include "models/weights.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/safetensors.hpp"
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
  const Network network{architecture_, tensors_};
  save_network(path_, network);
  const Network loaded = load_network(path_, architecture_);
  EXPECT_EQ(loaded.architecture, architecture_);
  ASSERT_EQ(loaded.parameters.size(), tensors_.size());
  for (const auto& [name, value] : tensors_) EXPECT_TRUE(bits_equal(loaded.parameters.at(name), value)) << name;
}

TEST_F(Weights, TellTheWidthsOfAnMlp) {
  save_network(path_, {architecture_, tensors_});
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

TEST_F(Weights, OfAnUnknownModelAreRefused) {
  save_network(path_, {architecture_, tensors_});
  EXPECT_THAT(message_of<InputError>([&] {
                architecture_of_weights("mpl", path_, {1, 2, 2}, 2);
              }),
              HasSubstr("did you mean 'mlp'"));
}

}  // namespace
}  // namespace neusemslice
