// The program from suite to report, on a terminal and off it.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class RunProgram : public testing::Test {
 protected:
  void SetUp() override { SKIP_WITHOUT_FASHION_MNIST(); }

  /// A copy of the finished workspace, to be changed.
  static fs::path copy_of_finished(const TemporaryFolder& folder) {
    fs::copy(finished_workspace(), folder / "workspace", fs::copy_options::recursive);
    return folder / "workspace";
  }
};

nlohmann::json document(const std::vector<std::string>& arguments) {
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return nlohmann::json::parse(outcome.out);
}

/// When each job ended, by key: unchanged for jobs that were not done again.
std::vector<std::string> endings(const fs::path& workspace, const std::string& condition) {
  return split(
      rows(workspace, fmt::format("SELECT key, finished_at, attempts FROM jobs WHERE {} ORDER BY key", condition)),
      '\n');
}

TEST_F(RunProgram, RunReportAndStatusEndWell) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const Outcome ran = run(study.run_arguments(folder / "w"));
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, StartsWith("45 jobs: 0 done before, 45 done now, 0 failed, 0 skipped, in "));

  const Outcome report = run({"report", (folder / "w").string()});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_EQ(report.err, "");
  for (const std::string& file : split(report.out, '\n')) EXPECT_TRUE(file.empty() || fs::file_size(file) > 0) << file;

  const Outcome status = run({"status", (folder / "w").string()});
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_THAT(status.out, StartsWith("small: 45 of 45 jobs done; run done since 20"));
  EXPECT_THAT(unmatched_artifacts(folder / "w"), IsEmpty());
}

TEST_F(RunProgram, RunningAgainDoesNothing) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = copy_of_finished(folder);
  const auto before = endings(workspace, "1");
  const Outcome again = run(study.run_arguments(workspace));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, StartsWith("45 jobs: 45 done before, 0 done now"));
  EXPECT_EQ(endings(workspace, "1"), before);
  EXPECT_EQ(results(workspace), results(finished_workspace()));
}

TEST_F(RunProgram, OneMoreThresholdDoesOnlyItsOwnSlices) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = copy_of_finished(folder);
  const auto before = endings(workspace, "1");
  const auto summary = document(study.run_arguments(workspace, {"--json", "-o", "slicing.thresholds=[0.8,0.9,0.95]"}));
  EXPECT_EQ(summary["done_before"], 45);
  EXPECT_EQ(summary["done_now"], 10) << "a slice and its restructured model for each of five metrics";
  EXPECT_EQ(endings(workspace, "key IN (SELECT key FROM jobs WHERE run_id = 1)"), before);
}

TEST_F(RunProgram, OtherSimilaritySamplesDoOnlyTheScanAndWhatUsesIt) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = copy_of_finished(folder);
  const auto before = endings(workspace, "1");
  const auto summary = document(study.run_arguments(workspace, {"--json", "-o", "similarity.samples_per_category=8"}));
  EXPECT_EQ(summary["done_now"], 21) << "the scan, and ten semantic slices with their restructured models";
  EXPECT_EQ(endings(workspace, "run_id = 1"), before);
  EXPECT_EQ(rows(workspace, "SELECT kind, count(*) FROM jobs WHERE run_id = 2 GROUP BY kind"),
            "restructure|10\nscan|1\nslice|10\n");
}

TEST_F(RunProgram, WhatOnlyBoundsTheWorkDoesNothingAgain) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = copy_of_finished(folder);
  const auto summary = document(study.run_arguments(
      workspace, {"--json", "-o", "similarity.memory_mb=64", "-o", "settings.*.recipe.momentum=0.5"}));
  EXPECT_EQ(summary["done_now"], 0) << "memory is a bound, and adam has no momentum";
}

TEST_F(RunProgram, DryRunWritesNothing) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const Outcome fresh = run(study.run_arguments(folder / "w", {"--dry-run"}));
  EXPECT_EQ(fresh.exit_code, 0) << fresh.err;
  EXPECT_THAT(fresh.out, HasSubstr("a guess"));
  EXPECT_FALSE(fs::exists(folder / "w"));

  const fs::path workspace = copy_of_finished(folder);
  const auto before = files_below(workspace);
  const std::string database = sha256_file(workspace / "results.db");
  const auto plan = document(study.run_arguments(workspace, {"--dry-run", "--json"}));
  EXPECT_EQ(plan["kinds"]["train"]["done"], 1);
  EXPECT_EQ(plan["expected_seconds"], 0) << "nothing is to be done";
  EXPECT_EQ(files_below(workspace), before);
  EXPECT_EQ(sha256_file(workspace / "results.db"), database);
}

TEST_F(RunProgram, DryRunForetellsByWhatSuchJobsTookAndSaysWhatToAskSlurmFor) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = copy_of_finished(folder);
  const auto more = [&](const std::string& option) {
    return study.run_arguments(workspace, {"--dry-run", option, "-o", "seeds=[0,1,2]"});
  };
  const auto plan = document(more("--json"));
  const double of_one = std::stod(rows(workspace, "SELECT seconds FROM jobs WHERE kind = 'train'"));
  EXPECT_DOUBLE_EQ(plan["kinds"]["train"]["expected_seconds"], 2 * of_one);
  EXPECT_TRUE(plan["measured"]);
  EXPECT_EQ(plan["forecasts"][0]["ranks"], 1);
  EXPECT_NEAR(plan["forecasts"][0]["seconds"], plan["expected_seconds"], 1e-9) << "one rank does one thing at a time";
  EXPECT_LT(plan["forecasts"][1]["seconds"], plan["forecasts"][0]["seconds"]);
  EXPECT_THAT(run(more("--quiet")).out,
              HasSubstr(fmt::format(
                  "sbatch --ntasks-per-node=1 --gpus-per-node=0 --time=00:15:00 launchers/slurm/one-node.sbatch {} -o "
                  "'seeds=[0,1,2]' --workspace {} --data-dir {} --device cpu\n",
                  study.path("suite.yaml"), workspace.string(), study.path("data"))));
}

TEST_F(RunProgram, AJobThatFailsIsListedAndEndsWith1) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const fs::path workspace = copy_of_finished(folder);
  const fs::path scores = workspace / rows(workspace, "SELECT path FROM artifacts WHERE name = 'scores.safetensors'");
  const std::string file = scores.string().substr(0, scores.string().size() - 1);  // without the line break
  std::string bytes = read_file(file);
  write_file_atomically(file, bytes.assign(bytes.size(), 'x'));  // of the right size, so nobody notices in time
  const Outcome outcome = run(study.run_arguments(workspace, {"-o", "slicing.percentages=[50,60]"}));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("65 jobs: 45 done before, 0 done now, 10 failed, 10 skipped"));
  EXPECT_THAT(outcome.out, HasSubstr("  failed: slice global avg 60.0 of small, seed 0: " + file + ": "));
  const auto status = document({"status", workspace.string(), "--json"});
  EXPECT_EQ(status["suites"][0]["totals"]["failed"], 10);
  EXPECT_EQ(status["suites"][0]["run"]["state"], "failed");
}

TEST_F(RunProgram, EveryCommandHasJson) {
  const SmallStudy study;
  const TemporaryFolder folder;
  const std::string workspace = finished_workspace().string();
  const std::string weights = (folder / "model.safetensors").string();
  const std::string out = (folder / "out").string();
  const std::string data = study.path("data");
  const std::vector<std::string> user = {"--weights", weights, "--dataset", "fashion-mnist", "--data-dir", data};
  const auto with_user = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), user.begin(), user.end());
    return document(arguments);
  };
  EXPECT_EQ(document({"train", study.path("setting.yaml"), "--out", weights, "--data-dir", data, "--json"})["schema"],
            "neusemslice.train/1");
  EXPECT_EQ(with_user({"--json", "score", "--out", out})["schema"], "neusemslice.score/1");
  EXPECT_EQ(with_user({"slice", "--json", "--out", out, "--metrics", "avg"})["schema"], "neusemslice.slice/1");
  EXPECT_EQ(with_user({"evaluate", "--json"})["schema"], "neusemslice.evaluate/1");
  EXPECT_EQ(
      with_user({"restructure", "--json", "--slice", out + "/slice.json", "--out", out + "/cut.safetensors"})["schema"],
      "neusemslice.restructure/1");
  EXPECT_EQ(document({"status", workspace, "--json"})["schema"], "neusemslice.status/1");
  EXPECT_EQ(document({"report", workspace, "--out", out, "--json"})["schema"], "neusemslice.report/1");
  EXPECT_EQ(document({"doctor", "--json"})["schema"], "neusemslice.doctor/1");
  EXPECT_EQ(document({"data", "list", "--json"})["schema"], "neusemslice.data.list/1");
  EXPECT_THAT(files_below(folder.path()), AllOf(Contains("out/slice.json"), Each(Not(HasSubstr(".nss-tmp")))));
}

TEST_F(RunProgram, ColourIsForTerminalsWithoutNoColor) {
  if (!can_make_terminals()) GTEST_SKIP() << "no terminal can be made here: is /dev/pts mounted?";
  const SmallStudy study;
  const TemporaryFolder folder;
  const std::vector<std::string> information = {"NEUSEMSLICE_LOG_LEVEL=info"};
  const Outcome plain = run(study.run_arguments(folder / "plain"), information);
  EXPECT_THAT(plain.err, AllOf(HasSubstr("info: small: 45 jobs on cpu"), Not(HasSubstr("\033"))));
  EXPECT_THAT(plain.out, Not(HasSubstr("\033")));

  const Outcome terminal = run_on_terminal(study.run_arguments(folder / "terminal"), information);
  EXPECT_EQ(terminal.exit_code, 0);
  EXPECT_THAT(terminal.err, AllOf(HasSubstr("\033[32minfo"), HasSubstr("/45 jobs"))) << "colour, and a bar";
  EXPECT_THAT(terminal.out, Not(HasSubstr("\033")));

  const Outcome colourless =
      run_on_terminal(study.run_arguments(folder / "terminal"), {"NEUSEMSLICE_LOG_LEVEL=info", "NO_COLOR=1"});
  EXPECT_THAT(colourless.err, AllOf(HasSubstr("info: small: 45 jobs"), Not(HasSubstr("\033[32m"))));
  const Outcome option = run_on_terminal(study.run_arguments(folder / "terminal", {"--no-color"}), information);
  EXPECT_THAT(option.err, AllOf(HasSubstr("info: small: 45 jobs"), Not(HasSubstr("\033[32m"))));
  const Outcome dumb =
      run_on_terminal(study.run_arguments(folder / "terminal"), {"NEUSEMSLICE_LOG_LEVEL=info", "TERM=dumb"});
  EXPECT_THAT(dumb.err, AllOf(HasSubstr("info: small: 45 jobs"), Not(HasSubstr("\033"))));
}

TEST_F(RunProgram, QuietSaysNothing) {
  if (!can_make_terminals()) GTEST_SKIP() << "no terminal can be made here: is /dev/pts mounted?";
  const SmallStudy study;
  const TemporaryFolder folder;
  const Outcome outcome =
      run_on_terminal(study.run_arguments(copy_of_finished(folder), {"--quiet"}), {"NEUSEMSLICE_LOG_LEVEL=info"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, Not(HasSubstr("info")));
  EXPECT_THAT(outcome.err, Not(HasSubstr("/45 jobs")));
}

}  // namespace
}  // namespace neusemslice
