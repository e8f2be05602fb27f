#include "config/model.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/suite.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using test_support::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kDescription = "# two lines: \"quoted\"\nsteps: [{step: flatten}, {step: linear, features: 10}]\n";

/// A folder with settings/mine.yaml, nets/mine.yaml and an empty nets/empty.yaml.
class ModelOfASetting : public testing::Test {
 protected:
  ModelOfASetting() {
    write_file_atomically(folder_ / "nets/mine.yaml", kDescription);
    write_file_atomically(folder_ / "nets/empty.yaml", "");
  }

  SettingConfig load(const std::string& keys, const std::vector<std::string>& overrides = {}) {
    write_file_atomically(setting_, "name: mine\ndataset: mnist\n" + keys);
    return load_setting(setting_, overrides);
  }

  std::string refusal(const std::string& keys, const std::vector<std::string>& overrides = {}) {
    return message_of<InputError>([&] { load(keys, overrides); });
  }

  const TemporaryFolder folder_;
  const std::filesystem::path setting_ = folder_ / "settings/mine.yaml";
  const std::string net_ = (folder_ / "nets/mine.yaml").string();
};

TEST_F(ModelOfASetting, IsReadFromTheFileBesideIt) {
  const ModelConfig model = load("model: {file: ../nets/mine.yaml}\n").model;
  EXPECT_TRUE(model.is_described());
  EXPECT_EQ(model.name, "mine");
  EXPECT_EQ(model.file, net_);
  EXPECT_EQ(model.description, kDescription);
}

TEST_F(ModelOfASetting, MayBeGivenByAnOverride) {
  EXPECT_EQ(load("", {"model.file=" + net_}).model.description, kDescription);
}

TEST_F(ModelOfASetting, DescribedWinsOverTheZooOfASettingThatIsExtended) {
  write_file_atomically(folder_ / "settings/base.yaml", "name: base\ndataset: mnist\nmodel: {hidden: [3], width: 2}\n");
  const ModelConfig model = load("extends: base.yaml\nmodel: {file: ../nets/mine.yaml}\n").model;
  EXPECT_EQ(model, (ModelConfig{.name = "mine", .file = net_, .description = kDescription}));
}

TEST_F(ModelOfASetting, PrintsWithItsDescriptionAndIsReadBackWithoutTheFile) {
  const SettingConfig setting = load("model: {file: ../nets/mine.yaml}\n");
  std::filesystem::remove(net_);
  const SuiteConfig suite{.name = "suite", .settings = {setting}};
  EXPECT_EQ(read_suite(parse_config(print_suite(suite), "printed")), suite);
}

TEST_F(ModelOfASetting, FilesThatAreMissingOrEmptyAreNamedWithTheLine) {
  const std::string place = setting_.string() + ":3: model.file: ";
  EXPECT_THAT(refusal("model: {file: ../nets/other.yaml}\n"),
              AllOf(StartsWith(place), HasSubstr("there is no file"), HasSubstr("/nets/other.yaml")));
  EXPECT_THAT(refusal("model: {file: ../nets}\n"), AllOf(StartsWith(place), HasSubstr("there is no file")));
  EXPECT_THAT(refusal("model: {file: ../nets/empty.yaml}\n"), AllOf(StartsWith(place), HasSubstr("is empty")));
  EXPECT_THAT(refusal("model: {description: 'steps: []'}\n"), HasSubstr("model.description: name the file"));
}

TEST_F(ModelOfASetting, OfAnUnknownNameIsRefusedWithTheNearest) {
  EXPECT_THAT(refusal("model: {name: resnet-18}\n"),
              AllOf(StartsWith(setting_.string() + ":3: model.name: "), HasSubstr("did you mean 'resnet18'")));
  EXPECT_THAT(refusal("model: {width: 0}\n"), HasSubstr("model.width: 0 is out of range"));
}

TEST_F(ModelOfASetting, StartsFromWeightsBesideTheSetting) {
  const WeightsConfig weights = load("weights: {file: ../published.safetensors, new_head: true}\n").weights;
  EXPECT_EQ(weights.file, (folder_ / "published.safetensors").string());
  EXPECT_TRUE(weights.new_head);
  EXPECT_EQ(load("").weights, WeightsConfig{});
  EXPECT_EQ(load("", {"weights.file=/a/b.safetensors"}).weights.file, "/a/b.safetensors");
}

TEST_F(ModelOfASetting, NeedsWeightsUnderANewHead) {
  EXPECT_THAT(refusal("weights: {new_head: true}\n"),
              StartsWith(setting_.string() + ":3: weights.new_head: there are no weights"));
}

}  // namespace
}  // namespace neusemslice
