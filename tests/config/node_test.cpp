#include "config/node.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::message_of;
using test_support::TemporaryFolder;
using testing::HasSubstr;

/// As YAML in flow style, enough to compare trees.
std::string shown(const ConfigNode& node) {
  std::string text;
  switch (node.kind) {
    case ConfigNode::Kind::null:
      return "~";
    case ConfigNode::Kind::scalar:
      return node.scalar;
    case ConfigNode::Kind::list:
      for (const ConfigNode& item : node.items) text += (text.empty() ? "" : ", ") + shown(item);
      return "[" + text + "]";
    case ConfigNode::Kind::map:
      for (const auto& [key, value] : node.entries) text += (text.empty() ? "" : ", ") + key + ": " + shown(value);
      return "{" + text + "}";
  }
  return "";
}

std::string merged(const std::string& base, const std::string& top) {
  ConfigNode node = parse_config(base, "base.yaml");
  merge_config(node, parse_config(top, "top.yaml"));
  return shown(node);
}

std::string overridden(const std::string& text, const std::string& assignment) {
  ConfigNode node = parse_config(text, "suite.yaml");
  apply_override(node, assignment);
  return shown(node);
}

std::string refusal(const std::string& text) {
  return message_of<InputError>([&] { parse_config(text, "suite.yaml"); });
}

std::string override_refusal(const std::string& text, const std::string& assignment) {
  return message_of<InputError>([&] { overridden(text, assignment); });
}

TEST(ParseConfig, KeepsOrderAndLines) {
  const ConfigNode node = parse_config("b: 1\na:\n  - x\n  - {c: y}\n", "suite.yaml");
  EXPECT_EQ(shown(node), "{b: 1, a: [x, {c: y}]}");
  EXPECT_EQ(node.find("a")->where(), "suite.yaml:2");
  EXPECT_EQ(node.find("a")->items[1].find("c")->where(), "suite.yaml:4");
  EXPECT_EQ(node.find("z"), nullptr);
}

TEST(ParseConfig, AnEmptyTextIsNull) {
  EXPECT_EQ(parse_config("", "suite.yaml").kind, ConfigNode::Kind::null);
  EXPECT_EQ(parse_config("# only a comment\n", "suite.yaml").kind, ConfigNode::Kind::null);
}

TEST(ParseConfig, SyntaxErrorsNameFileAndLine) {
  EXPECT_THAT(refusal("a: 1\nb: [1, 2\nc: 3\n"), HasSubstr("suite.yaml:3: not YAML: "));
  EXPECT_THAT(refusal("a: 1\n\tb: 2\n"), HasSubstr("suite.yaml:2: not YAML: "));
}

TEST(ParseConfig, AKeyWrittenTwiceIsNamedWithItsSecondLine) {
  EXPECT_EQ(refusal("a: 1\nb: 2\na: 3\n"), "suite.yaml:3: the key 'a' is written twice");
  EXPECT_EQ(refusal("a:\n  b: 1\n  b: 1\n"), "suite.yaml:3: the key 'b' is written twice");
}

TEST(ParseConfig, AKeyIsPlainText) {
  EXPECT_EQ(refusal("a: 1\n[b, c]: 2\n"), "suite.yaml:2: a key must be plain text");
}

TEST(ParseConfig, AnAliasInsideItsOwnAnchorIsRefused) {
  EXPECT_EQ(refusal("a: &loop [*loop]\n"), "suite.yaml:1: lists and maps nested more than 64 deep");
}

TEST(ParseConfig, ASecondDocumentIsRefused) {
  EXPECT_EQ(refusal("a: 1\n---\na: 2\n"), "suite.yaml: holds 2 YAML documents (separated by ---), one is allowed");
}

TEST(MergeConfig, MapsMergeKeyByKeyAndAllElseIsReplaced) {
  EXPECT_EQ(merged("{a: 1, b: {c: 2, d: {e: 3}}}", "{b: {d: {f: 4}, c: 5}, g: 6}"),
            "{a: 1, b: {c: 5, d: {e: 3, f: 4}}, g: 6}");
  EXPECT_EQ(merged("{a: [1, 2, 3]}", "{a: [4]}"), "{a: [4]}");
  EXPECT_EQ(merged("{a: {b: 1}}", "{a: 2}"), "{a: 2}");
  EXPECT_EQ(merged("{a: 2}", "{a: {b: 1}}"), "{a: {b: 1}}");
}

TEST(MergeConfig, EveryValueRemembersItsOwnFile) {
  ConfigNode node = parse_config("a: 1\nb: 2\n", "base.yaml");
  merge_config(node, parse_config("\n\nb: 3\n", "top.yaml"));
  EXPECT_EQ(node.find("a")->where(), "base.yaml:1");
  EXPECT_EQ(node.find("b")->where(), "top.yaml:3");
}

TEST(LoadConfig, TheFileWinsOverWhatItExtendsAndLaterOnesOverEarlier) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "root.yaml", "a: root\nb: root\nc: root\nd: root\n");
  write_file_atomically(folder / "left.yaml", "extends: root.yaml\nb: left\nc: left\nd: left\n");
  write_file_atomically(folder / "below/right.yaml", "c: right\nd: right\n");
  write_file_atomically(folder / "own.yaml", "extends: [left.yaml, below/right.yaml]\nd: own\n");
  EXPECT_EQ(shown(load_config(folder / "own.yaml")), "{a: root, b: left, c: right, d: own}");
}

TEST(LoadConfig, TwoPathsToOneFileAreNoCircle) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "root.yaml", "a: 1\n");
  write_file_atomically(folder / "left.yaml", "extends: root.yaml\n");
  write_file_atomically(folder / "right.yaml", "extends: root.yaml\n");
  write_file_atomically(folder / "own.yaml", "extends: [left.yaml, right.yaml]\n");
  EXPECT_EQ(shown(load_config(folder / "own.yaml")), "{a: 1}");
}

TEST(LoadConfig, ACircleIsNamedWhereItCloses) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.yaml", "extends: b.yaml\n");
  write_file_atomically(folder / "b.yaml", "x: 1\nextends: a.yaml\n");
  EXPECT_EQ(
      message_of<InputError>([&] { load_config(folder / "a.yaml"); }),
      fmt::format("{0}/b.yaml:2: extends: {0}/a.yaml extends this file in turn, a circle", folder.path().string()));
  write_file_atomically(folder / "self.yaml", "extends: self.yaml\n");
  EXPECT_THAT(message_of<InputError>([&] { load_config(folder / "self.yaml"); }), HasSubstr("self.yaml:1: extends: "));
}

TEST(LoadConfig, AMissingExtendedFileIsNamedWithTheLineThatWantsIt) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "own.yaml", "a: 1\nextends:\n  - mising.yaml\n");
  EXPECT_EQ(message_of<InputError>([&] { load_config(folder / "own.yaml"); }),
            fmt::format("{0}/own.yaml:3: extends: there is no file {0}/mising.yaml", folder.path().string()));
}

TEST(LoadConfig, ExtendsTakesOnlyNames) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "own.yaml", "extends: {file: a.yaml}\n");
  EXPECT_THAT(message_of<InputError>([&] { load_config(folder / "own.yaml"); }),
              HasSubstr("own.yaml:1: 'extends' names files"));
}

TEST(LoadConfig, AMissingOrEmptyFileIsNamed) {
  const TemporaryFolder folder;
  const std::string missing = (folder / "missing.yaml").string();
  EXPECT_EQ(message_of<InputError>([&] { load_config(missing); }),
            missing + ": cannot be opened: No such file or directory");
  write_file_atomically(folder / "empty.yaml", "# nothing\n");
  EXPECT_EQ(message_of<InputError>([&] { load_config(folder / "empty.yaml"); }),
            (folder / "empty.yaml").string() + ": expected keys and values, found an empty file");
  write_file_atomically(folder / "list.yaml", "[a, b]\n");
  EXPECT_THAT(message_of<InputError>([&] { load_config(folder / "list.yaml"); }),
              HasSubstr("list.yaml: expected keys and values"));
}

TEST(ApplyOverride, SetsValuesAnywhere) {
  EXPECT_EQ(overridden("{a: 1}", "a=2"), "{a: 2}");
  EXPECT_EQ(overridden("{a: {b: 1, c: 2}}", "a.b=3"), "{a: {b: 3, c: 2}}");
  EXPECT_EQ(overridden("{a: 1}", "a=[0, 1]"), "{a: [0, 1]}");
  EXPECT_EQ(overridden("{a: 1}", "a={b: 2}"), "{a: {b: 2}}");
  EXPECT_EQ(overridden("{a: {b: 1}}", "a.new=x=y"), "{a: {b: 1, new: x=y}}");
  EXPECT_EQ(overridden("{a: 1}", "a="), "{a: ~}");
}

TEST(ApplyOverride, AStarReachesEveryKey) {
  EXPECT_EQ(overridden("{s: {x: {e: 1}, y: {e: 2, f: 3}}}", "s.*.e=9"), "{s: {x: {e: 9}, y: {e: 9, f: 3}}}");
  EXPECT_EQ(overridden("{s: {x: 1, y: 2}}", "s.*=0"), "{s: {x: 0, y: 0}}");
}

TEST(ApplyOverride, ValuesSayThatTheyComeFromTheCommandLine) {
  ConfigNode node = parse_config("{a: 1}", "suite.yaml");
  apply_override(node, "a=[2]");
  EXPECT_EQ(node.find("a")->where(), "override 'a=[2]'");
  EXPECT_EQ(node.find("a")->items[0].where(), "override 'a=[2]'");
}

TEST(ApplyOverride, MistakesAreNamed) {
  EXPECT_EQ(override_refusal("{a: 1}", "a"), "override 'a': write it as key=value, for example seeds=[0,1]");
  EXPECT_EQ(override_refusal("{a: 1}", "=1"), "override '=1': write it as key=value, for example seeds=[0,1]");
  EXPECT_EQ(override_refusal("{recipe: {epochs: 1}}", "recpe.epochs=1"),
            "override 'recpe.epochs=1': no key 'recpe'; did you mean 'recipe'?");
  EXPECT_EQ(override_refusal("{a: 1}", "a.b=1"), "override 'a.b=1': 'a' has no keys below it");
  EXPECT_THAT(override_refusal("{a: 1}", "a=[1"), HasSubstr("override 'a=[1': not YAML: "));
  EXPECT_EQ(override_refusal("{a: 1}", "a={b: 1, b: 2}"), "override 'a={b: 1, b: 2}': the key 'b' is written twice");
}

}  // namespace
}  // namespace neusemslice
