#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "report/csv.hpp"
#include "report/synthetic_workspace.hpp"
#include "report/well_formed.hpp"
#include "rq2/answer.hpp"
#include "rq2/figure.hpp"
#include "rq2/report.hpp"
#include "rq2/results.hpp"
#include "rq2/tables.hpp"
#include "suite_report.hpp"

namespace neusemslice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::SyntheticWorkspace;

std::vector<std::string> texts(const std::vector<Cell>& row) {
  std::vector<std::string> result;
  for (const Cell& cell : row) result.push_back(cell.text);
  return result;
}

/// LAMP on MLP-MNIST at 10 %: two seeds, of which the second gets one iteration further.
void add_lamp(SyntheticWorkspace& workspace) {
  const std::vector<double> plain = {0, 0.1, 0.19, 0.271, 0.3439};
  const std::vector<double> sliced = {0.2, 0.28, 0.352, 0.4168};
  for (int seed = 0; seed < 2; ++seed) {
    workspace.add_trained("mlp-mnist", seed, 0.98, 0.98);
    workspace.add_choice("mlp-mnist", seed, 0.2, 0.978);
    const std::vector<double> rates(plain.begin(), plain.begin() + 4 + seed);
    workspace.add_pruning("mlp-mnist", seed, "lamp", "model", 2 + seed, rates, {0.98, 0.981, 0.975, 0.972, 0.96});
    workspace.add_pruning("mlp-mnist", seed, "lamp", "slice", 2, sliced, {0.978, 0.979, 0.974, 0.96});
  }
}

TEST(Rq2Results, AreTheLastModelsThatHeld) {
  SyntheticWorkspace workspace;
  add_lamp(workspace);
  const Rq2Setting setting = read_rq2_results(workspace.database(), "small").at(0);
  const Rq2Outcome& plain = setting.cells.at({"lamp", "model"});
  EXPECT_DOUBLE_EQ(plain.compression_rate.mean, (0.19 + 0.271) / 2);
  EXPECT_DOUBLE_EQ(plain.iterations.mean, 2.5);
  EXPECT_DOUBLE_EQ(plain.test_accuracy.mean, (0.975 + 0.972) / 2);
  EXPECT_EQ(plain.runs.at(1).compression_rates.size(), 5U);
  EXPECT_DOUBLE_EQ(setting.slice.compression_rate.mean, 0.2);
  EXPECT_EQ(setting.slice.metrics.at("avg"), 2);
}

TEST(Rq2Results, CountIterationsUntilThePlainRateSeedBySeed) {
  SyntheticWorkspace workspace;
  add_lamp(workspace);
  const Rq2Setting setting = read_rq2_results(workspace.database(), "small").at(0);
  // Seed 0 needs 0.19, which the slice alone passes; seed 1 needs 0.271, which the first iteration passes.
  EXPECT_DOUBLE_EQ(iterations_at_plain_rate(setting, "lamp").mean, 0.5);
  EXPECT_EQ(iterations_at_plain_rate(setting, "erk").count, 0U);
}

TEST(Rq2Results, LeaveOutASeedThatDoesNotReachThePlainRate) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.98, 0.98);
  workspace.add_pruning("mlp-mnist", 0, "erk", "model", 2, {0, 0.1, 0.19, 0.271}, {0.98, 0.98, 0.98, 0.9});
  // 0.2 is only reached by the iterate that lost too much.
  workspace.add_pruning("mlp-mnist", 0, "erk", "slice", 1, {0.05, 0.145, 0.2}, {0.98, 0.98, 0.9});
  EXPECT_EQ(iterations_at_plain_rate(read_rq2_results(workspace.database(), "small").at(0), "erk").count, 0U);
}

TEST(Rq2MainTable, StandsBesideThePapers) {
  SyntheticWorkspace workspace;
  add_lamp(workspace);
  const Table table = rq2_main_table(read_rq2_results(workspace.database(), "small").at(0));
  EXPECT_THAT(texts(table.rows.at(0)),
              ElementsAre("LAMP", "the model", "23.05", "52.17", "2.5", "7", "97.35", "98.26", ""));
  EXPECT_THAT(texts(table.rows.at(1)),
              ElementsAre("LAMP", "its slice", "35.20", "53.05", "2.0", "5", "97.40", "98.32", "0.5"));
  EXPECT_THAT(table.caption, HasSubstr("The slice alone: CR 20.00, test accuracy 97.80; by avg (2)."));
}

TEST(Rq2StorageTable, IsInMegabytes) {
  SyntheticWorkspace workspace;
  add_lamp(workspace);
  const Table table = rq2_storage_table(read_rq2_results(workspace.database(), "small").at(0));
  EXPECT_THAT(texts(table.rows.at(0)), ElementsAre("LAMP", "the model", "23.05", "4.000", "3.000", "2.000"));
}

TEST(Rq2Answer, ComparesWithThePaperByTheSameSums) {
  SyntheticWorkspace workspace;
  add_lamp(workspace);
  const auto sentences = rq2_answer(read_rq2_results(workspace.database(), "small"));
  ASSERT_EQ(sentences.size(), 3U);
  // Seed by seed: CR 19 to 35.2 and 27.1 to 35.2, NI 2 to 2 and 3 to 2, MA 97.5 and 97.2 to 97.4.
  EXPECT_THAT(sentences.at(1), HasSubstr("+12.15 points of compression, 16.67 % fewer iterations, +0.05 points"));
  // LAMP on MLP-MNIST: CR 52.17 to 53.05, NI 7 to 5, MA 98.26 to 98.32.
  EXPECT_THAT(sentences.at(2), HasSubstr("+0.88 points of compression, 28.57 % fewer iterations, +0.06 points"));
}

TEST(Rq2Report, WritesEveryFormat) {
  SyntheticWorkspace workspace;
  workspace.add_run("small", "question: rq2\nsettings: {mlp-mnist: {title: MLP-MNIST}}");
  add_lamp(workspace);
  const WrittenReport written = write_report(workspace.path(), all_report_formats());
  EXPECT_EQ(written.files.size(), 6U);
  EXPECT_THAT(read_file(workspace.path() / "report" / "rq2.md"), HasSubstr("MLP-MNIST: pruned from the model"));
  EXPECT_EQ(parse_csv(read_file(workspace.path() / "report" / "rq2.csv")).size(), 2U);
  EXPECT_EQ(parse_csv(read_file(workspace.path() / "report" / "rq2_iterations.csv")).size(), 4U + 5U + 4U + 4U);
  EXPECT_TRUE(testing_support::is_well_formed_xml(to_svg(rq2_figure(read_rq2_results(workspace.database(), "small")))));
}

TEST(Rq2Report, OfAnEmptySuiteSaysSo) {
  SyntheticWorkspace workspace;
  workspace.add_run("small", "question: rq2");
  write_report(workspace.path(), {ReportFormat::markdown});
  EXPECT_THAT(read_file(workspace.path() / "report" / "rq2.md"), HasSubstr("No model has been pruned both ways yet."));
}

}  // namespace
}  // namespace neusemslice
