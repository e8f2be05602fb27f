// What a training job is made of: its key, and the weights it starts from.
#include "scheduling/kinds/train_job.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "scheduling/job_parameters.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using test_support::TemporaryFolder;
using testing::HasSubstr;

const std::string kDescription = "steps: [{step: flatten}, {step: linear, features: 10}]\n";

Dataset ten_categories() {
  Dataset dataset;
  dataset.name = "toy";
  for (int i = 0; i < 10; ++i) dataset.category_names.push_back(std::to_string(i));
  dataset.training = {at::zeros({1, 1, 4, 4}, at::kByte), at::zeros({1}, at::kLong)};
  dataset.test = dataset.training;
  return dataset;
}

const Job& add(JobGraph& graph, const SettingConfig& setting) {
  return graph.at(add_train_job(graph, setting, ten_categories(), 10, 0));
}

std::string key_of(const SettingConfig& setting) {
  JobGraph graph;
  return add(graph, setting).key;
}

TEST(ModelParameters, OfAnMlpAreWhatTheyWereBeforeThereWereOthers) {
  EXPECT_EQ(to_json(ModelConfig{}).dump(), R"({"hidden":[512,256],"name":"mlp"})");
}

TEST(ModelParameters, HoldOnlyWhatTheNetworkUses) {
  EXPECT_EQ(to_json(ModelConfig{.name = "vgg11", .hidden = {3}}).dump(), R"({"name":"vgg11"})");
  EXPECT_EQ(to_json(ModelConfig{.name = "vgg11", .width = 0.25}).dump(), R"({"name":"vgg11","width":0.25})");
}

TEST(ModelParameters, GiveTheModelBack) {
  for (const ModelConfig& model : {ModelConfig{.hidden = {4, 3}}, ModelConfig{.name = "resnet18", .width = 0.5},
                                   ModelConfig{.name = "mine", .description = kDescription}}) {
    EXPECT_EQ(model_from(to_json(model)), model);
  }
}

TEST(TrainJob, IsAnotherOneForAnotherDescriptionButNotForAnotherPlace) {
  const auto key = [](const std::string& file, const std::string& text) {
    return key_of({.name = "s", .model = {.name = "mine", .file = file, .description = text}});
  };
  EXPECT_EQ(key("/here/mine.yaml", kDescription), key("/there/mine.yaml", kDescription));
  EXPECT_NE(key("/here/mine.yaml", kDescription), key("/here/mine.yaml", "initialisation: he\n" + kDescription));
}

TEST(TrainJob, OfANetworkThatDoesNotFitTheDataIsRefusedBeforeItRuns) {
  EXPECT_THAT(message_of<InputError>([] { key_of({.name = "s", .model = {.name = "vgg16-cifar"}}); }),
              HasSubstr("the images are too small"));
  const ModelConfig described{.name = "mine", .file = "mine.yaml", .description = "steps: [{step: relu}]"};
  EXPECT_THAT(message_of<InputError>([&] { key_of({.name = "s", .model = described}); }), HasSubstr("mine.yaml:1: "));
}

class TrainJobFromWeights : public testing::Test {
 protected:
  SettingConfig with_weights(const std::string& file, const std::string& bytes, bool new_head = false) {
    write_file_atomically(folder_ / file, bytes);
    return {.name = "s", .weights = {.file = (folder_ / file).string(), .new_head = new_head}};
  }
  const TemporaryFolder folder_;
};

TEST_F(TrainJobFromWeights, IsKnownByTheirContentAndNotByTheirPlace) {
  const std::string key = key_of(with_weights("a", "bytes"));
  EXPECT_EQ(key, key_of(with_weights("b", "bytes")));
  EXPECT_NE(key, key_of(with_weights("a", "other bytes")));
  EXPECT_NE(key, key_of(with_weights("a", "bytes", true)));
  EXPECT_NE(key, key_of({.name = "s"}));
}

TEST_F(TrainJobFromWeights, RemembersWhereTheyAre) {
  JobGraph graph;
  const Job& job = add(graph, with_weights("a", "bytes"));
  EXPECT_EQ(job.parameters.at("weights").at("sha256"), sha256_hex("bytes"));
  EXPECT_EQ(job.places.at("weights"), (folder_ / "a").string());
}

TEST_F(TrainJobFromWeights, ThatAreMissingIsRefused) {
  EXPECT_THAT(message_of<InputError>([] { key_of({.name = "s", .weights = {.file = "/nowhere/w.safetensors"}}); }),
              HasSubstr("/nowhere/w.safetensors"));
}

}  // namespace
}  // namespace neusemslice
