#include "config/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using testing::ElementsAre;
using testing::HasSubstr;

/// The message of the error that `read` meets in the map `text`, which stands under "recipe" of suite.yaml.
template <typename Read>
std::string refusal(const std::string& text, const Read& read) {
  const ConfigNode node = parse_config(text, "suite.yaml");
  return message_of<InputError>([&] {
    ConfigReader reader(node, "recipe");
    read(reader);
    reader.finish();
  });
}

TEST(ConfigReader, ReadsEveryTypeAndFallsBackForMissingKeys) {
  const ConfigNode node = parse_config("{t: text, i: -3, d: 2.5e-1, f: true, l: [1, 2]}", "suite.yaml");
  ConfigReader reader(node, "");
  EXPECT_EQ(reader.text("t"), "text");
  EXPECT_EQ(reader.text("missing", "fallback"), "fallback");
  EXPECT_EQ(reader.integer("i", std::nullopt, -5), -3);
  EXPECT_EQ(reader.integer("missing", 7, 0), 7);
  EXPECT_EQ(reader.number("d", std::nullopt, 0, 1), 0.25);
  EXPECT_TRUE(reader.flag("f", false));
  EXPECT_TRUE(reader.flag("missing", true));
  EXPECT_THAT(reader.integers("l", {}, 0, 9), ElementsAre(1, 2));
  EXPECT_THAT(reader.numbers("missing", {0.5}, 0, 1), ElementsAre(0.5));
  reader.finish();
}

TEST(ConfigReader, OneValueIsAListOfOne) {
  const ConfigNode node = parse_config("{seeds: 3, metrics: taylor}", "suite.yaml");
  ConfigReader reader(node, "");
  EXPECT_THAT(reader.integers("seeds", {}, 0, 9), ElementsAre(3));
  EXPECT_THAT(reader.texts("metrics", {}), ElementsAre("taylor"));
}

TEST(ConfigReader, RangesIncludeTheirEnds) {
  const ConfigNode node = parse_config("{low: 1, high: 3}", "suite.yaml");
  ConfigReader reader(node, "");
  EXPECT_EQ(reader.integer("low", std::nullopt, 1, 3), 1);
  EXPECT_EQ(reader.integer("high", std::nullopt, 1, 3), 3);
}

TEST(ConfigReader, AMissingSectionIsAnEmptyMap) {
  const ConfigNode node = parse_config("{a: 1}", "suite.yaml");
  ConfigReader reader(node, "");
  ConfigReader section = reader.section("model");
  EXPECT_EQ(section.integer("width", 5, 0), 5);
  section.finish();
}

TEST(ConfigReader, AnUnknownKeyIsNamedWithTheNearestKnownOne) {
  EXPECT_EQ(refusal("epochs: 1\nlerning_rate: 1\n",
                    [](ConfigReader& reader) {
                      reader.integer("epochs", 1, 0);
                      reader.number("learning_rate", 1, 0, 1);
                    }),
            "suite.yaml:2: unknown key 'recipe.lerning_rate'; did you mean 'learning_rate'?");
  EXPECT_EQ(refusal("zzz: 1\n", [](ConfigReader& reader) { reader.integer("epochs", 1, 0); }),
            "suite.yaml:1: unknown key 'recipe.zzz'; known: epochs");
}

TEST(ConfigReader, AMissingKeyIsNamedWithItsFile) {
  EXPECT_EQ(refusal("{}", [](ConfigReader& reader) { reader.text("name"); }),
            "suite.yaml:1: recipe.name: this key is missing");
}

struct WrongValue {
  const char* yaml;
  const char* message;
};

TEST(ConfigReader, WholeNumbersAreCheckedForTypeAndRange) {
  const WrongValue cases[] = {
      {"epochs: many", "suite.yaml:1: recipe.epochs: expected a whole number, found 'many'"},
      {"epochs: 1.5", "suite.yaml:1: recipe.epochs: expected a whole number, found '1.5'"},
      {"epochs: 3 epochs", "suite.yaml:1: recipe.epochs: expected a whole number, found '3 epochs'"},
      {"epochs: 99999999999999999999",
       "suite.yaml:1: recipe.epochs: expected a whole number, found '99999999999999999999'"},
      {"epochs: [3]", "suite.yaml:1: recipe.epochs: expected a whole number, found a list"},
      {"epochs: {n: 3}", "suite.yaml:1: recipe.epochs: expected a whole number, found keys and values"},
      {"epochs:", "suite.yaml:1: recipe.epochs: expected a whole number, found nothing"},
      {"epochs: 0", "suite.yaml:1: recipe.epochs: 0 is out of range, allowed: 1 to 9"},
      {"epochs: 10", "suite.yaml:1: recipe.epochs: 10 is out of range, allowed: 1 to 9"},
  };
  for (const WrongValue& wrong : cases) {
    EXPECT_EQ(refusal(wrong.yaml, [](ConfigReader& reader) { reader.integer("epochs", 1, 1, 9); }), wrong.message);
  }
  EXPECT_EQ(refusal("epochs: 0", [](ConfigReader& reader) { reader.integer("epochs", 1, 1); }),
            "suite.yaml:1: recipe.epochs: 0 is out of range, allowed: 1 or more");
}

TEST(ConfigReader, NumbersAreCheckedForTypeRangeAndNaN) {
  const WrongValue cases[] = {
      {"momentum: fast", "suite.yaml:1: recipe.momentum: expected a number, found 'fast'"},
      {"momentum: 0.5x", "suite.yaml:1: recipe.momentum: expected a number, found '0.5x'"},
      {"momentum: .nan", "suite.yaml:1: recipe.momentum: expected a number, found '.nan'"},
      {"momentum: nan", "suite.yaml:1: recipe.momentum: nan is out of range, allowed: 0 to 1"},
      {"momentum: -nan", "suite.yaml:1: recipe.momentum: -nan is out of range, allowed: 0 to 1"},
      {"momentum: inf", "suite.yaml:1: recipe.momentum: inf is out of range, allowed: 0 to 1"},
      {"momentum: 1.0001", "suite.yaml:1: recipe.momentum: 1.0001 is out of range, allowed: 0 to 1"},
      {"momentum: -1e-9", "suite.yaml:1: recipe.momentum: -1e-9 is out of range, allowed: 0 to 1"},
  };
  for (const WrongValue& wrong : cases) {
    EXPECT_EQ(refusal(wrong.yaml, [](ConfigReader& reader) { reader.number("momentum", 0, 0, 1); }), wrong.message);
  }
}

TEST(ConfigReader, TextsFlagsAndChoicesAreChecked) {
  EXPECT_EQ(refusal("name: [a]", [](ConfigReader& reader) { reader.text("name"); }),
            "suite.yaml:1: recipe.name: expected a text, found a list");
  EXPECT_EQ(refusal("name: ''", [](ConfigReader& reader) { reader.text("name"); }),
            "suite.yaml:1: recipe.name: expected a text, found ''");
  EXPECT_EQ(refusal("centered: yes", [](ConfigReader& reader) { reader.flag("centered", false); }),
            "suite.yaml:1: recipe.centered: expected true or false, found 'yes'");
  EXPECT_EQ(refusal("optimizer: adm",
                    [](ConfigReader& reader) {
                      reader.choice("optimizer", {"adam", "sgd"}, "adam");
                    }),
            "suite.yaml:1: recipe.optimizer: 'adm' is not a choice; did you mean 'adam'?");
  EXPECT_EQ(refusal("optimizer: lbfgs",
                    [](ConfigReader& reader) {
                      reader.choice("optimizer", {"adam", "sgd"}, "adam");
                    }),
            "suite.yaml:1: recipe.optimizer: 'lbfgs' is not a choice; known: adam, sgd");
}

TEST(ConfigReader, ListsNeedValuesOfTheirType) {
  const auto read_seeds = [](ConfigReader& reader) { reader.integers("seeds", {1}, 0, 9); };
  EXPECT_EQ(refusal("seeds: []", read_seeds), "suite.yaml:1: recipe.seeds: expected a list with at least one value");
  EXPECT_EQ(refusal("seeds: {a: 1}", read_seeds),
            "suite.yaml:1: recipe.seeds: expected a list with at least one value");
  EXPECT_EQ(refusal("seeds:", read_seeds), "suite.yaml:1: recipe.seeds: expected a list with at least one value");
  EXPECT_EQ(refusal("seeds:\n  - 1\n  - x\n", read_seeds),
            "suite.yaml:3: recipe.seeds: expected a whole number, found 'x'");
  EXPECT_EQ(refusal("seeds: [1, [2]]", read_seeds),
            "suite.yaml:1: recipe.seeds: expected a whole number, found a list");
  EXPECT_EQ(refusal("metrics: [[avg]]", [](ConfigReader& reader) { reader.texts("metrics", {}); }),
            "suite.yaml:1: recipe.metrics: expected a list of texts");
}

TEST(ConfigReader, ASectionIsAMap) {
  EXPECT_EQ(refusal("model: mlp", [](ConfigReader& reader) { reader.section("model"); }),
            "suite.yaml:1: recipe.model: expected keys and values");
}

}  // namespace
}  // namespace neusemslice
