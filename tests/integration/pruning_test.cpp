// RQ2 from suite to report: the slice that the suite chooses, the models it prunes, and what they are as files.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/text.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using testing::HasSubstr;
using testing::IsEmpty;

nlohmann::json document(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
}

/// A small study of RQ2, run once for all tests.
class PruningProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!fs::exists("/usr/share/datasets/fashion-mnist")) return;
    study_ = std::make_unique<SmallStudy>();
    const Outcome outcome = run(study_arguments(workspace()));
    require(outcome.exit_code == 0, "the study failed: {}{}", outcome.out, outcome.err);
  }
  static void TearDownTestSuite() { study_.reset(); }
  void SetUp() override { SKIP_WITHOUT_FASHION_MNIST(); }

  static std::vector<std::string> study_arguments(const fs::path& workspace) {
    return study_->run_arguments(
        workspace, {"-o", "question=rq2", "-o", "settings.*.pruning_rate=0.2", "-o", "pruning.tolerance=5", "-o",
                    "pruning.slice_tolerance=2", "-o", "pruning.max_iterations=8"});
  }
  static fs::path workspace() { return *study_ / "workspace"; }
  static std::string value(const std::string& sql) { return split(rows(workspace(), sql), '\n').front(); }

  /// One job's file.
  static std::string file(const std::string& job, const std::string& name) {
    return (workspace() / value(fmt::format("SELECT path FROM artifacts WHERE job = '{}' AND name = '{}'", job, name)))
        .string();
  }

  static inline std::unique_ptr<SmallStudy> study_;
};

TEST_F(PruningProgram, TheChoiceIsRecordedAndWithinItsTolerance) {
  EXPECT_EQ(value("SELECT count(*), max(tolerance) FROM chosen_slices"), "1|2.0");
  EXPECT_EQ(value("SELECT count(*) FROM chosen_slices WHERE validation_accuracy < original_validation_accuracy - "
                  "0.02 - 1e-9"),
            "0");
  EXPECT_EQ(value("SELECT compression_rate > 0 FROM chosen_slices"), "1");
  const std::string job = value("SELECT job FROM chosen_slices");
  const auto slice = nlohmann::json::parse(read_file(file(job, "slice.json")));
  const std::string metric = slice["metric"];
  EXPECT_EQ(metric, value("SELECT metric FROM chosen_slices"));
  EXPECT_EQ(fmt::format("{}", slice["layers"]["fc1"].size() + slice["layers"]["fc2"].size()),
            value(fmt::format("SELECT sum(kept) FROM slice_layers WHERE job = '{}'", job)));
}

TEST_F(PruningProgram, EveryMethodRanFromTheModelAndFromTheSlice) {
  EXPECT_EQ(rows(workspace(),
                 "SELECT method, group_concat(start, ' ') FROM (SELECT * FROM rq2 ORDER BY start) GROUP BY "
                 "method ORDER BY method"),
            "erk|model slice\nglobal|model slice\nlamp|model slice\nuniform_plus|model slice\n");
  EXPECT_EQ(value("SELECT count(*) FROM rq2 WHERE validation_accuracy < original_validation_accuracy - 0.05 - 1e-9"),
            "0")
      << "what is reported is a model that held";
  EXPECT_EQ(value("SELECT count(*) FROM pruning_iterations AS i JOIN rq2 ON rq2.job = i.job AND rq2.start = 'slice' "
                  "WHERE i.iteration = 0 AND i.parameters <> (SELECT parameters FROM chosen_slices)"),
            "0")
      << "what the slice removed is gone from the beginning";
}

TEST_F(PruningProgram, TwoRanksGiveTheSameTable) {
  const TemporaryFolder folder;
  const fs::path ranks = folder / "workspace";
  const Outcome outcome = run(study_arguments(ranks), {}, 2);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(results(ranks), results(workspace()));
}

TEST_F(PruningProgram, APrunedModelIsAFileThatOtherCommandsRead) {
  const std::string job = value("SELECT job FROM rq2 WHERE iterations > 0 AND start = 'slice' ORDER BY method");
  ASSERT_NE(job, "");
  const auto column = [&](const std::string& name) {
    return std::stod(value(fmt::format("SELECT {} FROM rq2 WHERE job = '{}'", name, job)));
  };
  const std::vector<std::string> model = {
      "--model",   file(job, "model.yaml"), "--weights",  file(job, "model.safetensors"),
      "--dataset", "fashion-mnist",         "--data-dir", study_->path("data")};
  const auto with = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), model.begin(), model.end());
    return arguments;
  };
  EXPECT_NEAR(document(with({"evaluate"}))["accuracy"].get<double>(), column("test_accuracy"), 1e-12);

  const std::vector<std::string> export_it = with({"export", "--out", study_->path("pruned.onnx")});
  const auto exported = document(export_it);
  EXPECT_EQ(exported["nonzero_parameters"], column("parameters"));
  EXPECT_EQ(exported["weights_bytes"]["dense"], column("dense_bytes"));
  EXPECT_EQ(exported["weights_bytes"]["csr"], column("csr_bytes"));
  EXPECT_EQ(exported["weights_bytes"]["gzip"], column("gzip_bytes"));
  EXPECT_EQ(exported["weights_bytes"]["dense"], fs::file_size(file(job, "model.safetensors")));
  EXPECT_THAT(run(export_it).out,
              HasSubstr(fmt::format("  {} of them are not zero: as weights ", column("parameters"))));
}

TEST_F(PruningProgram, TheReportHasTable4InEveryFormat) {
  const Outcome report = run({"report", workspace().string()});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  for (const char* name : {"rq2.md", "rq2.tex", "rq2.html"}) {
    const std::string text = read_file(workspace() / "report" / name);
    for (const char* word : {"LAMP", "Global", "Uniform+", "ERK", "NI at the plain CR", "gzip"}) {
      EXPECT_THAT(text, HasSubstr(word)) << name;
    }
  }
  const auto lines_of = [](const std::string& name) { return split(read_file(workspace() / "report" / name), '\n'); };
  EXPECT_EQ(lines_of("rq2.csv").size(), 1 + 8 + 1U) << "the heading, eight rows, the end of the last line";
  EXPECT_EQ(fmt::format("{}", lines_of("rq2_iterations.csv").size() - 2),
            value("SELECT count(*) FROM pruning_iterations"));
  EXPECT_THAT(read_file(workspace() / "report/rq2.svg"), HasSubstr("from the slice"));
  EXPECT_THAT(unmatched_artifacts(workspace()), IsEmpty());
}

}  // namespace
}  // namespace neusemslice
