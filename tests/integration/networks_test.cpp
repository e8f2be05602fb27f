// Networks of the zoo and of the user's own, and weights to start from, through the program.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

using Arguments = std::vector<std::string>;

constexpr const char* kNetwork =
    "initialisation: he\n"
    "steps:\n"
    "  - {step: stem, channels: 4, kernel: 3, stride: 2}\n"
    "  - {step: residual_stage, blocks: 1, channels: 6}\n"
    "  - {step: adaptive_average_pool, size: 2}\n"
    "  - {step: flatten}\n"
    "  - {step: linear, name: fc, features: categories}\n";

/// A safetensors file of zeros in float32.
std::string zeros(const std::map<std::string, std::vector<std::uint64_t>>& shapes) {
  Json header = Json::object();
  std::uint64_t end = 0;
  for (const auto& [name, shape] : shapes) {
    std::uint64_t bytes = 4;
    for (const std::uint64_t extent : shape) bytes *= extent;
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  }
  const std::string text = header.dump();
  const std::uint64_t length = text.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + text + std::string(end, '\0');
}

/// The small study with commands of one step.
class Networks : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_FASHION_MNIST();
    study_ = std::make_unique<SmallStudy>();
  }

  Outcome train(const std::string& out, const Arguments& more) {
    Arguments arguments = {"--json",
                           "train",
                           study_->path("setting.yaml"),
                           "--out",
                           study_->path(out),
                           "--data-dir",
                           study_->path("data"),
                           "--device",
                           "cpu"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  Outcome evaluate(const std::string& model, const std::string& weights) {
    return run({"--json", "evaluate", "--model", model, "--weights", study_->path(weights), "--dataset",
                "fashion-mnist", "--data-dir", study_->path("data"), "--device", "cpu"});
  }

  /// Of a command that succeeds.
  static Json answer(const Outcome& outcome) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return Json::parse(outcome.out, nullptr, false);
  }

  static void expect_refusal(const Outcome& outcome, const testing::Matcher<const std::string&>& message) {
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, message);
  }

  std::unique_ptr<SmallStudy> study_;
};

TEST_F(Networks, OfTheUsersOwnTrainAndLoadAgain) {
  write_file_atomically(*study_ / "net.yaml", kNetwork);
  const Json trained = answer(train("model.safetensors", {"-o", "model.file=" + study_->path("net.yaml")}));
  const Json evaluated = answer(evaluate(study_->path("net.yaml"), "model.safetensors"));
  EXPECT_EQ(evaluated["accuracy"], trained["test_accuracy"]);
  // conv1 4*9, bn1 8; conv1 6*4*9, conv2 6*6*9, downsample 6*4, three batch norms of 6; fc 24*10 + 10.
  EXPECT_EQ(evaluated["parameters"], 36 + 8 + 216 + 324 + 24 + 36 + 250);
}

TEST_F(Networks, OfTheZooLoadByNameWhateverTheirWidth) {
  const Json trained = answer(train("model.safetensors", {"-o", "model={name: lenet5, width: 0.5}"}));
  const Json evaluated = answer(evaluate("lenet5", "model.safetensors"));
  EXPECT_EQ(evaluated["accuracy"], trained["test_accuracy"]);
  EXPECT_EQ(evaluated["parameters"], trained["parameters"]);
}

TEST_F(Networks, OfTheUsersOwnAreStudiedAsTheZoosAre) {
  write_file_atomically(*study_ / "net.yaml", kNetwork);
  write_file_atomically(*study_ / "setting.yaml",
                        "name: small\ndataset: fashion-mnist\nmodel: {file: net.yaml}\nrecipe: {epochs: 1}\n");
  const Outcome first = run(study_->run_arguments(*study_ / "workspace", {"--json"}));
  EXPECT_EQ(answer(first)["failed"], Json::array());
  // The place of the description says nothing about the results, its text does.
  std::filesystem::rename(*study_ / "net.yaml", *study_ / "moved.yaml");
  std::filesystem::create_directory(*study_ / "other");
  std::filesystem::rename(*study_ / "moved.yaml", *study_ / "other" / "net.yaml");
  const Outcome again = run(study_->run_arguments(
      *study_ / "workspace", {"--json", "-o", "settings.small.model.file=" + study_->path("other/net.yaml")}));
  EXPECT_EQ(answer(again)["done_now"], 0);
}

TEST_F(Networks, TrainFromGivenWeights) {
  const Json first = answer(train("first.safetensors", {}));
  const Json start =
      answer(train("start.safetensors", {"--weights", study_->path("first.safetensors"), "-o", "recipe.epochs=0"}));
  EXPECT_EQ(start["test_accuracy"], first["test_accuracy"]);
  EXPECT_EQ(read_file(*study_ / "start.safetensors"), read_file(*study_ / "first.safetensors"));
}

TEST_F(Networks, WeightsForOtherCategoriesNeedANewHead) {
  write_file_atomically(*study_ / "other.safetensors", zeros({{"fc1.weight", {16, 784}},
                                                              {"fc1.bias", {16}},
                                                              {"fc2.weight", {8, 16}},
                                                              {"fc2.bias", {8}},
                                                              {"fc3.weight", {1000, 8}},
                                                              {"fc3.bias", {1000}}}));
  const Arguments weights = {"--weights", study_->path("other.safetensors"), "-o", "recipe.epochs=0"};
  expect_refusal(train("new.safetensors", weights),
                 AllOf(HasSubstr("'fc3.weight' has shape [1000, 8], expected [10, 8]"), HasSubstr("--new-head")));
  EXPECT_FALSE(std::filesystem::exists(*study_ / "new.safetensors"));
  Arguments with_new_head = weights;
  with_new_head.push_back("--new-head");
  answer(train("new.safetensors", with_new_head));
  answer(evaluate("mlp", "new.safetensors"));
}

TEST_F(Networks, ThatCannotBeAreRefusedInOneLine) {
  write_file_atomically(*study_ / "net.yaml", "steps:\n  - {step: flatten}\n  - {step: linear, features: 12}\n");
  write_file_atomically(*study_ / "m.safetensors", zeros({{"fc.weight", {10, 4}}}));
  const std::string file = study_->path("net.yaml");
  expect_refusal(train("m.safetensors", {"-o", "model.file=" + file}),
                 AllOf(HasSubstr(file + ":3: "), HasSubstr("12 outputs"), HasSubstr("10 categories")));
  expect_refusal(train("m.safetensors", {"-o", "model.name=vgg16"}),
                 HasSubstr("vgg16: step 31 (max_pool): a 2x2 window does not fit into 1x1 values"));
  expect_refusal(train("m.safetensors", {"-o", "model.name=vgg-16"}), HasSubstr("did you mean 'vgg16'"));
  expect_refusal(train("m.safetensors", {"--new-head"}), HasSubstr("--new-head requires --weights"));
  expect_refusal(evaluate("resnet", "m.safetensors"), HasSubstr("no model is named 'resnet'"));
  expect_refusal(evaluate(file, "m.safetensors"), HasSubstr("12 outputs"));
}

}  // namespace
}  // namespace neusemslice
