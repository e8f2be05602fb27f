#include "config/suite.hpp"

#include <filesystem>
#include <functional>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::message_of;
using test_support::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const fs::path kConfigs = fs::path(NEUSEMSLICE_SOURCE_DIR) / "configs";

/// A folder with suite.yaml and settings/small.yaml, both as short as they may be.
class SmallSuite {
 public:
  SmallSuite() {
    write_file_atomically(folder_ / "settings/small.yaml", "name: small\ndataset: mnist\n");
    write_suite("name: s\nsettings: [small]\n");
  }
  void write_suite(const std::string& text) { write_file_atomically(path(), text); }
  [[nodiscard]] fs::path path() const { return folder_ / "suite.yaml"; }
  [[nodiscard]] fs::path folder() const { return folder_.path(); }
  [[nodiscard]] SuiteConfig load(const std::vector<std::string>& overrides = {}) const {
    return load_suite(path(), overrides);
  }

  /// The refusal of this text, or of these overrides, without the folder's name.
  std::string refusal_of(const std::string& text) {
    write_suite(text);
    return refusal({});
  }
  [[nodiscard]] std::string refusal(const std::vector<std::string>& overrides) const {
    std::string message = message_of<InputError>([&] { static_cast<void>(load(overrides)); });
    const std::string prefix = folder().string() + "/";
    for (std::size_t at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) {
      message.erase(at, prefix.size());
    }
    return message;
  }

 private:
  TemporaryFolder folder_;
};

bool is_yaml(const fs::directory_entry& entry) {
  return entry.path().extension() == ".yaml";
}

TEST(Configs, EverySettingLoads) {
  int loaded = 0;
  for (const auto& entry : fs::directory_iterator(kConfigs / "settings")) {
    if (!is_yaml(entry)) continue;
    EXPECT_EQ(load_setting(entry.path()).name, entry.path().stem()) << entry.path();
    ++loaded;
  }
  EXPECT_GE(loaded, 6);  // the paper's
}

TEST(Configs, EverySuiteLoadsAndPrintsBack) {
  std::vector<fs::path> suites = {kConfigs / "quickstart.yaml"};
  for (const auto& entry : fs::directory_iterator(kConfigs / "suites")) {
    if (is_yaml(entry)) suites.push_back(entry.path());
  }
  for (const fs::path& path : suites) {
    const SuiteConfig suite = load_suite(path);
    EXPECT_EQ(suite.name, path.stem()) << path;
    EXPECT_EQ(read_suite(parse_config(print_suite(suite), "printed")), suite) << path;
  }
  EXPECT_GE(suites.size(), 2U);
}

TEST(LoadSuite, WhatIsNotWrittenIsTheDefault) {
  const SmallSuite small;
  const SuiteConfig suite = small.load();
  SuiteConfig expected;
  expected.name = "s";
  expected.settings = {{.name = "small", .title = "small", .dataset = {.name = "mnist"}}};
  EXPECT_EQ(suite, expected);
  EXPECT_EQ(suite.contribution.metrics, (std::vector<std::string>{"avg", "var", "ens", "deeplift", "taylor"}));
  EXPECT_EQ(suite.slicing.percentages.size(), 10U);
  EXPECT_EQ(suite.slicing.thresholds.size(), 10U);
}

TEST(PrintSuite, ReadingItBackGivesAnEqualSuiteForEveryChoice) {
  SuiteConfig suite;
  suite.name = "other: suite";
  suite.settings = {{.name = "first",
                     .title = "a \"title\": with, [signs] # and 'quotes'",
                     .model = {.name = "mlp", .hidden = {7}},
                     .dataset = {.name = "true"},
                     .recipe = {.optimizer = "sgd",
                                .learning_rate = 0.1,
                                .momentum = 1.0 / 3.0,
                                .weight_decay = 1e-7,
                                .schedule = "step",
                                .step_epochs = 2,
                                .step_factor = 0.25,
                                .epochs = 0,
                                .batch_size = 1,
                                .augmentation = {.crop_padding = 4, .flip = true}}},
                    {.name = "second",
                     .title = "null",
                     .dataset = {.name = "mnist"},
                     .pruning_rate = 0.1,
                     .readapt_learning_rate_factor = 0.3}};
  suite.seeds = {2147483647};
  suite.validation_percent = 50;
  suite.contribution = {.metrics = {"var"},
                        .samples_per_category = 3,
                        .batch_size = 7,
                        .deeplift_baseline = "mean",
                        .taylor_reduction = "batch"};
  suite.similarity = {.samples_per_category = 0, .centered = true, .features = "mean", .memory_mb = 1};
  suite.slicing = {.strategies = {"semantic"}, .percentages = {1}, .thresholds = {0.1, 1.0 / 7.0}, .interval = 4};
  suite.pruning = {.methods = {"erk", "lamp"},
                   .slice_tolerance = 1.0 / 3.0,
                   .tolerance = 4,
                   .epochs = 0,
                   .learning_rate_factor = 1e-3,
                   .max_iterations = 1};
  EXPECT_EQ(read_suite(parse_config(print_suite(suite), "printed")), suite) << print_suite(suite);
}

TEST(LoadSuite, SettingsAreFoundInsideBesideOrByPath) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "suites/own.yaml", "name: own\ndataset: mnist\n");
  write_file_atomically(folder / "suites/settings/inside.yaml", "name: inside\ndataset: mnist\n");
  write_file_atomically(folder / "settings/beside.yaml", "name: beside\ndataset: mnist\n");
  write_file_atomically(folder / "suites/suite.yaml", "name: s\nsettings: [beside, inside, own.yaml]\n");
  std::vector<std::string> names;
  for (const SettingConfig& setting : load_suite(folder / "suites/suite.yaml").settings) names.push_back(setting.name);
  EXPECT_THAT(names, ElementsAre("beside", "inside", "own"));
}

TEST(LoadSuite, OverridesReachEveryKey) {
  const SmallSuite small;
  const SuiteConfig suite =
      small.load({"seeds=[3,4]", "settings.small.recipe.epochs=3", "settings.*.dataset=fashion-mnist",
                  "similarity.samples_per_category=8", "contribution.metrics=taylor", "slicing.thresholds=[0.5]"});
  EXPECT_THAT(suite.seeds, ElementsAre(3, 4));
  EXPECT_EQ(suite.settings[0].recipe.epochs, 3);
  EXPECT_EQ(suite.settings[0].dataset.name, "fashion-mnist");
  EXPECT_EQ(suite.similarity.samples_per_category, 8);
  EXPECT_THAT(suite.contribution.metrics, ElementsAre("taylor"));
  EXPECT_THAT(suite.slicing.thresholds, ElementsAre(0.5));
}

TEST(LoadSuite, AnOverrideMayNameOtherSettings) {
  const SmallSuite small;
  write_file_atomically(small.folder() / "settings/large.yaml", "name: large\ndataset: mnist\n");
  const SuiteConfig suite = small.load({"settings=[large]", "settings.large.recipe.epochs=1"});
  ASSERT_EQ(suite.settings.size(), 1U);
  EXPECT_EQ(suite.settings[0].name, "large");
  EXPECT_EQ(suite.settings[0].recipe.epochs, 1);
}

TEST(LoadSuite, LaterOverridesWin) {
  const SmallSuite small;
  EXPECT_THAT(small.load({"seeds=1", "seeds=2"}).seeds, ElementsAre(2));
}

struct WrongSuite {
  const char* text;
  const char* message;
};

TEST(LoadSuite, EveryMistakeIsNamedWithFileAndLine) {
  const WrongSuite cases[] = {
      {"settings: [small]\n", "suite.yaml: name: this key is missing"},
      {"name: s\n", "suite.yaml: settings: expected at least one setting, for example settings: [mlp-mnist]"},
      {"name: s\nsettings: []\n",
       "suite.yaml:2: settings: expected at least one setting, for example settings: [mlp-mnist]"},
      {"name: s\nsettings: [none.yaml]\n", "suite.yaml:2: settings: there is no file none.yaml"},
      {"name: s\nsettings: [small, small]\n", "suite.yaml:2: settings: 'small' is named twice"},
      {"name: s\nsettings: [[small]]\n", "suite.yaml:2: settings: expected names of settings"},
      {"name: s\nsettings: [small]\nseds: [1]\n", "suite.yaml:3: unknown key 'seds'; did you mean 'seeds'?"},
      {"name: s\nsettings: [small]\nseeds: []\n", "suite.yaml:3: seeds: expected a list with at least one value"},
      {"name: s\nsettings: [small]\nseeds: [1, 1]\n", "suite.yaml:3: seeds: a seed is named twice"},
      {"name: s\nsettings: [small]\nseeds: [-1]\n",
       "suite.yaml:3: seeds: -1 is out of range, allowed: 0 to 2147483647"},
      {"name: s\nsettings: [small]\nquestion: rq9\n",
       "suite.yaml:3: question: 'rq9' is not a choice; did you mean 'rq1'?"},
      {"name: s\nsettings: [small]\ncontribution: {metrics: [tailor]}\n",
       "suite.yaml:3: contribution.metrics: 'tailor' is no metric; known: avg, var, ens, deeplift, taylor"},
      {"name: s\nsettings: [small]\ncontribution: {metrics: [avg, avg]}\n",
       "suite.yaml:3: contribution.metrics: 'avg' is named twice"},
      {"name: s\nsettings: [small]\nslicing:\n  thresholds: [0.9, 1.1]\n",
       "suite.yaml:4: slicing.thresholds: 1.1 is out of range, allowed: 0 to 1"},
      {"name: s\nsettings: [small]\nslicing:\n  strategies: [random]\n",
       "suite.yaml:4: slicing.strategies: 'random' is no strategy; known: global, category, semantic"},
      {"name: s\nsettings: [small]\nsimilarity:\n  centred: true\n",
       "suite.yaml:4: unknown key 'similarity.centred'; did you mean 'centered'?"},
      {"name: s\nsettings: [small]\npruning: {methods: [lampe]}\n",
       "suite.yaml:3: pruning.methods: 'lampe' is no pruning method; known: lamp, global, uniform_plus, erk"},
      {"name: s\nsettings: [small]\npruning: {tolerance: 101}\n",
       "suite.yaml:3: pruning.tolerance: 101 is out of range, allowed: 0 to 100"},
      {"name: s\nsettings: [small]\npruning:\n  tolerance: 1\n  slice_tolerance: 4\n",
       "suite.yaml:5: pruning.slice_tolerance: 4 is more than pruning.tolerance, 1: pruning would start from a slice "
       "that has lost too much"},
      {"name: s\nsettings: [small]\npruning: {max_iterations: 0}\n",
       "suite.yaml:3: pruning.max_iterations: 0 is out of range, allowed: 1 to 10000"},
      {"name: s\nsettings: [small]\nsimilarity: 256\n", "suite.yaml:3: similarity: expected keys and values"},
      {"name: s\nname: t\nsettings: [small]\n", "suite.yaml:2: the key 'name' is written twice"},
      {"name: s\nsettings:\n  own:\n    name: Own\n    dataset: mnist\n",
       "suite.yaml:4: settings.own.name: 'Own' may hold only lower-case letters, digits and '-'"},
      {"name: s\nsettings:\n  own:\n    name: other\n    dataset: mnist\n",
       "suite.yaml:4: settings.own.name: 'other' is not the name it stands under"},
      {"name: s/t\nsettings: [small]\n",
       "suite.yaml:1: name: 's/t' names the folder of results: no '/', and no '.' at its start"},
  };
  SmallSuite small;
  for (const WrongSuite& wrong : cases) EXPECT_EQ(small.refusal_of(wrong.text), wrong.message);
}

TEST(LoadSuite, ASettingThatIsNowhereIsNamedWithBothPlaces) {
  SmallSuite small;
  const std::string message = small.refusal_of("name: s\nsettings: [smal]\n");
  EXPECT_THAT(message, StartsWith("suite.yaml:2: settings: no setting 'smal': neither settings/smal.yaml nor /"));
  EXPECT_THAT(message, HasSubstr("/settings/smal.yaml exists"));
}

TEST(LoadSuite, AMistakeInASettingIsNamedWithTheSettingsFile) {
  SmallSuite small;
  write_file_atomically(small.folder() / "settings/small.yaml", "name: small\ndataset: mnist\nrecipe:\n  epoch: 3\n");
  EXPECT_EQ(small.refusal({}),
            "settings/small.yaml:4: unknown key 'settings.small.recipe.epoch'; did you mean 'epochs'?");
  write_file_atomically(small.folder() / "settings/small.yaml", "name: small\n");
  EXPECT_EQ(small.refusal({}), "settings/small.yaml: settings.small.dataset: this key is missing");
}

TEST(LoadSuite, AMistakeInAnOverrideIsNamedWithTheOverride) {
  const SmallSuite small;
  const auto refusal = [&](const std::string& assignment) { return small.refusal({assignment}); };
  EXPECT_EQ(refusal("seeds"), "override 'seeds': write it as key=value, for example seeds=[0,1]");
  EXPECT_EQ(refusal("seeds=x"), "override 'seeds=x': seeds: expected a whole number, found 'x'");
  EXPECT_EQ(refusal("seeds=[]"), "override 'seeds=[]': seeds: expected a list with at least one value");
  EXPECT_EQ(refusal("sedes=[1]"), "override 'sedes=[1]': unknown key 'sedes'; did you mean 'seeds'?");
  EXPECT_EQ(refusal("similarty.centered=true"),
            "override 'similarty.centered=true': no key 'similarty'; did you mean 'similarity'?");
  EXPECT_EQ(refusal("settings.smal.recipe.epochs=1"),
            "override 'settings.smal.recipe.epochs=1': no key 'smal'; did you mean 'small'?");
  EXPECT_EQ(refusal("settings.*.recipe.epoch=1"),
            "override 'settings.*.recipe.epoch=1': unknown key 'settings.small.recipe.epoch'; did you mean 'epochs'?");
  EXPECT_EQ(
      refusal("settings.*.recipe.epochs=-1"),
      "override 'settings.*.recipe.epochs=-1': settings.small.recipe.epochs: -1 is out of range, allowed: 0 to 100000");
  EXPECT_THAT(refusal("settings=[other]"),
              StartsWith("override 'settings=[other]': settings: no setting 'other': neither "));
}

TEST(LoadSetting, OverridesReachSectionsThatTheFileLeavesOut) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "small.yaml", "name: small\ndataset: mnist\n");
  const SettingConfig setting = load_setting(folder / "small.yaml", {"recipe.epochs=2", "model.hidden=[4,3]"});
  EXPECT_EQ(setting.recipe.epochs, 2);
  EXPECT_THAT(setting.model.hidden, ElementsAre(4, 3));
}

TEST(LoadSetting, ExtendsMergesSectionsDeeply) {
  const SettingConfig base = load_setting(kConfigs / "settings/mlp-mnist.yaml");
  const SettingConfig derived = load_setting(kConfigs / "settings/mlp-fmnist.yaml");
  EXPECT_NE(derived.dataset, base.dataset);
  EXPECT_NE(derived.recipe.epochs, base.recipe.epochs);
  EXPECT_EQ(derived.recipe.learning_rate, base.recipe.learning_rate);
  EXPECT_EQ(derived.model, base.model);
}

TEST(Tasks, AreListsOfCategoriesInAnyOrder) {
  const SmallSuite files;
  EXPECT_TRUE(files.load().settings.at(0).tasks.empty());
  EXPECT_THAT(files.load({"settings.small.tasks=[[7, 0], [3]]"}).settings.at(0).tasks,
              ElementsAre(ElementsAre(7, 0), ElementsAre(3)));
  EXPECT_THAT(files.refusal({"settings.small.tasks=[[0, 1], [2, 1]]"}),
              HasSubstr("settings.small.tasks: category 1 is named twice"));
  EXPECT_THAT(files.refusal({"settings.small.tasks=[[0, 1]]"}), HasSubstr("at least two lists of categories"));
  EXPECT_THAT(files.refusal({"settings.small.tasks=[[0], []]"}), HasSubstr("at least one value"));
  EXPECT_THAT(files.refusal({"settings.small.tasks=[[0], [-1]]"}), HasSubstr("-1"));
}

}  // namespace
}  // namespace neusemslice
