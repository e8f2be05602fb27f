// From a slice to a smaller model: written, loaded again by the command that is printed, and timed beside the full one.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "core/text.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::ElementsAre;
using testing::HasSubstr;

using Arguments = std::vector<std::string>;

nlohmann::json document(Arguments arguments) {
  arguments.emplace_back("--json");
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
}

Arguments operator+(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// A model trained for an epoch, and the slice of half of its units.
class RestructureProgram : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_FASHION_MNIST(); }

  void train_model(const std::string& model) {
    write_file_atomically(study_ / "setting.yaml", "name: small\ndataset: fashion-mnist\nmodel: " + model +
                                                       "\nrecipe: {epochs: 1, batch_size: 32}\n");
    document(
        {"train", study_.path("setting.yaml"), "--out", file("full.safetensors"), "--data-dir", study_.path("data")});
  }
  void slice(const std::string& kind) {
    document(Arguments{"slice", "--strategy", "global", "--percent", "50", "--metrics", "avg", "--out", file("")} +
             full(kind));
  }

  [[nodiscard]] std::string file(const std::string& name) const { return study_.path("out/" + name); }
  [[nodiscard]] Arguments full(const std::string& kind) const {
    return {"--model",       kind,         "--weights",        file("full.safetensors"), "--dataset",
            "fashion-mnist", "--data-dir", study_.path("data")};
  }
  [[nodiscard]] Arguments restructure(const std::string& kind) const {
    return Arguments{"restructure", "--slice", file("slice.json"), "--out", file("small.safetensors")} + full(kind);
  }
  /// The last line that `restructure` prints, as words without the program's name.
  [[nodiscard]] Arguments printed_command(const std::string& kind) const {
    const Outcome outcome = run(restructure(kind));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const std::string start = "\n  neusemslice ";
    const std::size_t begin = outcome.out.find(start);
    EXPECT_NE(begin, std::string::npos) << outcome.out;
    return split(first_line(outcome.out.substr(begin + start.size())), ' ');
  }

  SmallStudy study_;
};

TEST_F(RestructureProgram, WritesAModelThatThePrintedCommandLoadsAgain) {
  const std::vector<std::pair<std::string, std::string>> models = {
      {"mlp", "{hidden: [16, 8]}"}, {"resnet18-cifar", "{name: resnet18-cifar, width: 0.07}"}};
  for (const auto& [kind, model] : models) {
    SCOPED_TRACE(kind);
    train_model(model);
    slice(kind);
    const auto restructured = document(restructure(kind));
    EXPECT_EQ(restructured["description"], file("small.yaml"));
    EXPECT_GT(restructured["compression_rate"], 0.4);
    const Arguments command = printed_command(kind);
    EXPECT_THAT(command, ElementsAre("evaluate", "--model", file("small.yaml"), "--weights", file("small.safetensors"),
                                     "--dataset", "fashion-mnist", "--data-dir", study_.path("data")));
    const auto evaluated = document(command);
    EXPECT_EQ(evaluated["accuracy"], restructured["accuracy_after"]);
    EXPECT_EQ(evaluated["parameters"], restructured["parameters_after"]);
  }
}

TEST_F(RestructureProgram, RefusesTheNameOfTheDescription) {
  train_model("{hidden: [16, 8]}");
  slice("mlp");
  const Outcome outcome =
      run(Arguments{"restructure", "--slice", file("slice.json"), "--out", file("small.yaml")} + full("mlp"));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("small.yaml is the name of the description"));
  EXPECT_FALSE(std::filesystem::exists(file("small.yaml")));
}

TEST_F(RestructureProgram, ReplacesNothingThatItWasMadeOf) {
  train_model("{hidden: [16, 8]}");
  slice("mlp");
  for (const char* input : {"full.safetensors", "slice.json"}) {
    const std::string before = read_file(file(input));
    const Outcome outcome =
        run(Arguments{"restructure", "--slice", file("slice.json"), "--out", file(input)} + full("mlp"));
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("it would replace"));
    EXPECT_TRUE(read_file(file(input)) == before);
  }
  // The description of the whole model, where the smaller one's would come.
  write_file_atomically(file("net.yaml"),
                        "steps:\n  - {step: flatten}\n  - {step: linear, name: fc1, features: 16}\n  - {step: relu}\n"
                        "  - {step: linear, name: fc2, features: 8}\n  - {step: relu}\n"
                        "  - {step: linear, name: fc3, features: categories}\n");
  const std::string before = read_file(file("net.yaml"));
  const Outcome outcome =
      run(Arguments{"restructure", "--slice", file("slice.json"), "--out", file("net.safetensors")} +
          full(file("net.yaml")));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("net.yaml; choose another name"));
  EXPECT_TRUE(read_file(file("net.yaml")) == before);
}

TEST_F(RestructureProgram, WritesNothingWhereTheLogitsAreNoNumbers) {
  train_model("{hidden: [16, 8]}");
  slice("mlp");
  std::string bytes = read_file(file("full.safetensors"));
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const float huge = 1e38F;  // finite, but no sum of its products is
  for (std::size_t at = sizeof(header) + header; at < bytes.size(); at += sizeof(huge)) {
    std::memcpy(&bytes[at], &huge, sizeof(huge));
  }
  write_file_atomically(file("full.safetensors"), bytes);
  const Outcome outcome = run(restructure("mlp"));
  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(file("small.safetensors")));
}

TEST_F(RestructureProgram, LatencyIsThatOfBothModelsInTurn) {
  train_model("{hidden: [64, 32]}");
  slice("mlp");
  const Arguments small = printed_command("mlp") + Arguments{"--latency", "--against-model", "mlp", "--against-weights",
                                                             file("full.safetensors")};
  const auto latency = document(small)["latency"];
  ASSERT_EQ(latency.size(), 2U);
  EXPECT_EQ(latency[0]["batch"], 1);
  EXPECT_EQ(latency[1]["batch"], 128);
  for (const auto& row : latency) {
    for (const char* model : {"model", "against"}) {
      EXPECT_GT(row[model]["min"], 0);
      EXPECT_LE(row[model]["min"], row[model]["median"]);
      EXPECT_LE(row[model]["median"], row[model]["max"]);
      EXPECT_GE(row[model]["rounds"], 5);
    }
    EXPECT_DOUBLE_EQ(row["ratio"].get<double>(),
                     row["against"]["median"].get<double>() / row["model"]["median"].get<double>());
  }
  EXPECT_THAT(run(small).out, HasSubstr("against/model    128 "));
}

TEST_F(RestructureProgram, LatencyIsMeasuredOnlyWhenAskedForAndOfWholeModels) {
  train_model("{hidden: [16, 8]}");
  slice("mlp");
  EXPECT_FALSE(document(Arguments{"evaluate"} + full("mlp")).contains("latency"));
  EXPECT_FALSE(document(Arguments{"evaluate", "--latency"} + full("mlp"))["latency"][0].contains("against"));
  for (const Arguments& wrong :
       {Arguments{"--against-weights", file("full.safetensors")}, Arguments{"--latency", "--against-model", "mlp"},
        Arguments{"--latency", "--slice", file("slice.json")},
        Arguments{"--latency", "--against-weights", file("missing.safetensors")}}) {
    const Outcome outcome = run(Arguments{"evaluate"} + full("mlp") + wrong);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }
}

}  // namespace
}  // namespace neusemslice
