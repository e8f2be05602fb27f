#include "models/architecture_file.hpp"

#include <filesystem>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "models/network_builder.hpp"
#include "models/units.hpp"
#include "models/weights.hpp"
#include "models/zoo.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::vector<std::int64_t> kImage = {3, 32, 32};

Architecture described(const std::string& steps, const std::vector<std::int64_t>& image = kImage) {
  return parse_architecture("steps:\n" + steps, "net.yaml", image, 10);
}

std::string refusal(const std::string& steps) {
  return message_of<InputError>([&] { described(steps); });
}

Architecture read_back(const Architecture& architecture, std::int64_t categories) {
  return parse_architecture(architecture_text(architecture), "again.yaml", architecture.input_shape, categories);
}

std::vector<std::string> layer_names(const Architecture& architecture) {
  std::vector<std::string> names;
  for (const Node& node : architecture.nodes) {
    if (!node.name.empty()) names.push_back(node.name);
  }
  return names;
}

/// A different number of units in each group: 1, 2, 3, 4, 1, ...
Architecture unevenly_shrunken(const Architecture& architecture) {
  const UnitGraph units = derive_units(architecture);
  KeptUnits kept;
  for (std::size_t group = 0; group < units.groups.size(); ++group) {
    for (const std::size_t member : units.groups[group].layers) {
      for (std::int64_t unit = 0; unit < static_cast<std::int64_t>(group % 4 + 1); ++unit) {
        kept[units.layers[member].name].push_back(unit);
      }
    }
  }
  return shrunken_architecture(architecture, units, kept);
}

TEST(ArchitectureText, OfEveryZooMemberAndItsShrunkenFormReadsBackEqual) {
  for (const std::string& name : model_names()) {
    const Architecture full = make_architecture({.name = name}, {3, 64, 64}, 10);
    EXPECT_EQ(read_back(full, 10), full) << name;
    const Architecture shrunken = unevenly_shrunken(full);
    EXPECT_NE(shrunken, full) << name;
    EXPECT_EQ(read_back(shrunken, 10), shrunken) << name;
  }
}

TEST(ArchitectureText, KeepsWhatTheZooDoesNotUse) {
  NetworkBuilder builder("odd: 'name'", {2, 9, 9});
  builder.convolution("step3", 4, 3, 2, 2, false);
  const std::int64_t entry = builder.relu();
  builder.average_pool(3, 1, 1);
  builder.max_pool(3, 1, 1);
  builder.add(builder.last(), entry);
  builder.append({.operation = Operation::add}, {builder.last(), entry, 1});
  builder.dropout(0.123456789);
  builder.flatten();
  builder.linear("head", 3, false);
  const Architecture odd = std::move(builder).build(Initialisation::he);
  EXPECT_EQ(read_back(odd, 3), odd);
}

TEST(ArchitectureText, SaysWhatAStepIs) {
  const std::string text = architecture_text(unevenly_shrunken(make_resnet_cifar(18, kImage, 10)));
  EXPECT_THAT(text, StartsWith("name: resnet18-cifar\ninitialisation: he\nsteps:\n"
                               "  - {step: convolution, name: conv1, channels: 1, kernel: 3, stride: 1, padding: 1, "
                               "bias: false}\n"
                               "  - {step: batch_norm, name: bn1}\n"
                               "  - {step: relu, as: step3}\n"));
  EXPECT_THAT(text, HasSubstr("  - {step: add, from: [layer1.0.bn2, step3]}\n  - {step: relu, as: step10}\n"));
  EXPECT_THAT(text, HasSubstr("stride: 2, padding: 0, bias: false, from: step17}\n"));
}

TEST(WriteArchitecture, IsReadBackFromTheFile) {
  const TemporaryFolder folder;
  const Architecture shrunken = unevenly_shrunken(make_lenet5({1, 28, 28}, 10));
  write_architecture(folder / "small.yaml", shrunken);
  EXPECT_EQ(read_architecture(folder / "small.yaml", {1, 28, 28}, 10), shrunken);
}

TEST(WriteArchitecture, ASavedNetworkLoadsByItsDescription) {
  const TemporaryFolder folder;
  const Architecture shrunken = unevenly_shrunken(make_resnet_cifar(18, kImage, 10));
  write_architecture(folder / "small.yaml", shrunken);
  save_network(folder / "small.safetensors", make_network(shrunken, 0));
  const Architecture read =
      architecture_of_weights((folder / "small.yaml").string(), folder / "small.safetensors", kImage, 10);
  EXPECT_EQ(read, shrunken);
  EXPECT_EQ(load_network(folder / "small.safetensors", read).parameters.size(), parameter_shapes(shrunken).size());
}

TEST(ParseArchitecture, PlainStacksAreTheZoosWithTorchvisionsNames) {
  std::string steps;
  const auto convolution = [&](int channels, int kernel) {
    steps += fmt::format("- {{step: convolution, channels: {}, kernel: {}, padding: {}}}\n- {{step: relu}}\n", channels,
                         kernel, kernel / 2);
  };
  const std::string pool = "- {step: max_pool, kernel: 2}\n";
  convolution(64, 5);
  steps += pool;
  convolution(192, 3);
  steps += pool;
  convolution(384, 3);
  convolution(256, 3);
  convolution(256, 3);
  steps += pool + "- {step: flatten}\n- {step: dropout}\n- {step: linear, features: 4096}\n- {step: relu}\n" +
           "- {step: dropout}\n- {step: linear, features: categories}\n";
  Architecture alexnet = make_alexnet_cifar(kImage, 10);
  alexnet.name = "net";
  EXPECT_EQ(described(steps), alexnet);
}

TEST(ParseArchitecture, StemAndStagesAreTheZoosResNet) {
  const auto resnet = [&](const std::string& stem, const std::string& block, std::vector<int> blocks) {
    std::string steps = "- {step: stem" + stem + "}\n";
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
      steps += fmt::format("- {{step: residual_stage, block: {}, blocks: {}, channels: {}, stride: {}}}\n", block,
                           blocks[stage], 64 << stage, stage == 0 ? 1 : 2);
    }
    steps += "- {step: adaptive_average_pool, size: 1}\n- {step: flatten}\n- {step: linear, name: fc, features: 10}\n";
    return parse_architecture("initialisation: he\nsteps:\n" + steps, "net.yaml", kImage, 10);
  };
  Architecture expected = make_resnet(50, kImage, 10);
  expected.name = "net";
  EXPECT_EQ(resnet("", "bottleneck", {3, 4, 6, 3}), expected);
  expected = make_resnet_cifar(34, kImage, 10);
  expected.name = "net";
  EXPECT_EQ(resnet(", kernel: 3, stride: 1, pool: false", "basic", {3, 4, 6, 3}), expected);
}

TEST(ParseArchitecture, NamesAreTorchvisionsUnlessGiven) {
  const Architecture net = described(
      "- {step: convolution, channels: 4, kernel: 3}\n- {step: batch_norm}\n- {step: relu}\n"
      "- {step: convolution, name: mine, channels: 4, kernel: 3}\n- {step: relu}\n"
      "- {step: flatten}\n- {step: linear, features: 5}\n- {step: relu}\n- {step: linear, features: 10}\n");
  EXPECT_THAT(layer_names(net),
              testing::ElementsAre("features.0", "features.1", "mine", "classifier.0", "classifier.2"));
}

TEST(ParseArchitecture, TheDocumentsExamplesAreNetworks) {
  const std::string document = read_file(fs::path(NEUSEMSLICE_SOURCE_DIR) / "framework/models/ARCHITECTURES.md");
  int examples = 0;
  for (std::size_t at = document.find("```yaml\n"); at != std::string::npos; at = document.find("```yaml\n", at)) {
    at += 8;
    const std::string text = document.substr(at, document.find("```", at) - at);
    const Architecture net = parse_architecture(text, "ARCHITECTURES.md", kImage, 10);
    EXPECT_FALSE(derive_units(net).layers.empty());
    ++examples;
  }
  EXPECT_EQ(examples, 2);
}

TEST(ParseArchitecture, TheExamplesInConfigsAreNetworks) {
  int examples = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(NEUSEMSLICE_SOURCE_DIR) / "configs/models")) {
    const Architecture net = read_architecture(entry.path(), kImage, 7);
    EXPECT_EQ(net.name, entry.path().stem());
    EXPECT_EQ(category_count(net), 7);
    EXPECT_FALSE(derive_units(net).layers.empty());
    ++examples;
  }
  EXPECT_EQ(examples, 2);
}

TEST(ParseArchitecture, AWrongKeyOrValueIsNamedWithItsLineAndWhatIsAllowed) {
  const std::string first = "- {step: flatten}\n";
  EXPECT_THAT(refusal(first + "- {step: liner, features: 3}\n"),
              AllOf(StartsWith("net.yaml:3: steps[1].step: 'liner'"), HasSubstr("did you mean 'linear'")));
  EXPECT_THAT(refusal(first + "- {features: 3}\n"), StartsWith("net.yaml:3: steps[1].step: this key is missing"));
  EXPECT_THAT(refusal(first + "- {step: linear}\n"), StartsWith("net.yaml:3: steps[1].features: this key is missing"));
  EXPECT_THAT(refusal(first + "- {step: linear, features: 0}\n"),
              StartsWith("net.yaml:3: steps[1].features: 0 is out of range, allowed: 1 to"));
  EXPECT_THAT(refusal(first + "- {step: linear, features: many}\n"), HasSubstr("a whole number, found 'many'"));
  EXPECT_THAT(refusal(first + "- {step: linear, feature: 3, features: 3}\n"),
              AllOf(HasSubstr("unknown key 'steps[1].feature'"), HasSubstr("'features'")));
  EXPECT_THAT(refusal(first + "- {step: relu, kernel: 3}\n"), HasSubstr("unknown key 'steps[1].kernel'"));
  EXPECT_THAT(refusal(first + "- {step: linear, features: 3, name: 'a b'}\n"),
              StartsWith("net.yaml:3: steps[1].name: 'a b' may hold only"));
  EXPECT_THAT(refusal(first + "- {step: dropout, probability: 1}\n"), HasSubstr("allowed: 0 to 0.999"));
  EXPECT_THAT(refusal("- {step: residual_stage, block: wide, channels: 3}\n"),
              StartsWith("net.yaml:2: steps[0].block: 'wide' is not a choice"));
  EXPECT_THAT(refusal("- linear\n"), StartsWith("net.yaml:2: steps[0]: expected keys and values"));
}

TEST(ParseArchitecture, ADescriptionWithoutStepsIsRefused) {
  for (const std::string text : {"name: a\n", "steps: []\n", "steps: 3\n"}) {
    EXPECT_THAT(message_of<InputError>([&] { parse_architecture(text, "net.yaml", kImage, 10); }),
                AllOf(StartsWith("net.yaml"), HasSubstr("steps: expected a list of steps")));
  }
  EXPECT_THAT(
      message_of<InputError>([&] { parse_architecture("layers: []\nsteps: [{step: relu}]\n", "n.yaml", kImage, 3); }),
      HasSubstr("unknown key 'layers'"));
}

TEST(ParseArchitecture, StepsThatDoNotFitEachOtherAreNamedWithTheirLine) {
  EXPECT_THAT(refusal("- {step: linear, features: 10}\n"),
              AllOf(StartsWith("net.yaml:2: "), HasSubstr("needs flattened values, but gets [3, 32, 32]")));
  EXPECT_THAT(refusal("- {step: flatten}\n- {step: max_pool, kernel: 2}\n"), StartsWith("net.yaml:3: "));
  EXPECT_THAT(refusal("- {step: max_pool, kernel: 33}\n"), HasSubstr("the images are too small"));
  EXPECT_THAT(refusal("- {step: convolution, channels: 4, kernel: 3}\n- {step: add, from: [features.0, input]}\n"),
              AllOf(StartsWith("net.yaml:3: "), HasSubstr("adds [3, 32, 32] to [4, 30, 30]")));
}

TEST(ParseArchitecture, WhatFromNamesMustBeAnEarlierStep) {
  const std::string first = "- {step: convolution, name: first, channels: 3, kernel: 1}\n- {step: relu, as: entry}\n";
  EXPECT_THAT(refusal(first + "- {step: add, from: [entri, input]}\n"),
              AllOf(StartsWith("net.yaml:4: steps[2].from: no earlier step is called 'entri'"),
                    HasSubstr("did you mean 'entry'")));
  EXPECT_THAT(refusal(first + "- {step: add}\n"), HasSubstr("two or more"));
  EXPECT_THAT(refusal(first + "- {step: relu, from: [entry, input]}\n"), HasSubstr("only 'add' reads more"));
}

TEST(ParseArchitecture, ANameIsUsedOnce) {
  const std::string first = "- {step: convolution, name: first, channels: 3, kernel: 1}\n";
  EXPECT_THAT(refusal(first + first), StartsWith("net.yaml:3: steps[1].name: 'first' is the name of an earlier step"));
  EXPECT_THAT(refusal(first + "- {step: relu, as: first}\n"), StartsWith("net.yaml:3: steps[1].as: 'first'"));
  EXPECT_THAT(refusal("- {step: relu, as: input}\n"), StartsWith("net.yaml:2: steps[0].as: 'input'"));
  EXPECT_THAT(
      refusal("- {step: residual_stage, name: a, channels: 3}\n- {step: residual_stage, name: a, channels: 3}\n"),
      StartsWith("net.yaml:3: steps[1].name: 'a.0."));
}

TEST(ParseArchitecture, AStepThatNothingReadsIsRefused) {
  EXPECT_THAT(refusal("- {step: flatten}\n- {step: linear, name: a, features: 10}\n"
                      "- {step: linear, name: b, features: 10, from: input}\n"),
              StartsWith("net.yaml:4: "));  // not flattened
  EXPECT_THAT(refusal("- {step: flatten, as: flat}\n- {step: linear, name: a, features: 10}\n"
                      "- {step: linear, name: b, features: 10, from: flat}\n"),
              StartsWith("net.yaml:3: no other step reads this one"));
}

TEST(ParseArchitecture, WidthsThatNoMemoryHoldsAreRefused) {
  EXPECT_THAT(refusal("- {step: convolution, channels: 1048576, kernel: 3}\n- {step: relu}\n"
                      "- {step: convolution, channels: 1048576, kernel: 3}\n- {step: relu}\n"
                      "- {step: adaptive_average_pool, size: 1}\n- {step: flatten}\n- {step: linear, features: 10}\n"),
              HasSubstr("9.9e+12 parameters, more than any memory holds"));
}

TEST(ParseArchitecture, TheLastStepGivesTheCategoriesOfTheData) {
  EXPECT_THAT(refusal("- {step: flatten}\n- {step: linear, features: 12}\n"),
              AllOf(StartsWith("net.yaml:3: "), HasSubstr("12 outputs"), HasSubstr("10 categories")));
  EXPECT_THAT(refusal("- {step: relu}\n"),
              AllOf(StartsWith("net.yaml:2: "), HasSubstr("not one logit for each category")));
}

}  // namespace
}  // namespace neusemslice
