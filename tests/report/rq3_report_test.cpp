#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "report/csv.hpp"
#include "report/synthetic_workspace.hpp"
#include "report/well_formed.hpp"
#include "rq3/effects.hpp"
#include "rq3/figure.hpp"
#include "rq3/report.hpp"
#include "rq3/results.hpp"
#include "rq3/tables.hpp"
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

/// Two seeds of MLP-MNIST under FGSM: full retraining takes 10 and 20 seconds, the slice half and three quarters of it.
void add_fgsm(SyntheticWorkspace& workspace) {
  for (int seed = 0; seed < 2; ++seed) {
    workspace.add_trained("mlp-mnist", seed, 0.98, 0.98);
    workspace.add_choice("mlp-mnist", seed, 0.7, 0.95);
    workspace.add_attack("mlp-mnist", seed, "fgsm", 180 + 10 * seed);
    workspace.add_readaptation("mlp-mnist", seed, "fgsm", "full", 1000, 1000, 142, 10 + 10 * seed);
    workspace.add_readaptation("mlp-mnist", seed, "fgsm", "slice", 300, 990 + seed, 180 + 2 * seed, 5 + 10 * seed);
  }
}

TEST(Rq3Results, AreSharesOfTheSamplesAndTimesPairedBySeed) {
  SyntheticWorkspace workspace;
  add_fgsm(workspace);
  const Rq3Setting setting = read_rq3_results(workspace.database(), "small").at(0);
  const Rq3Outcome& slice = setting.cells.at({"fgsm", "slice"});
  EXPECT_DOUBLE_EQ(slice.trained_parameter_ratio.mean, 0.3);
  EXPECT_DOUBLE_EQ(slice.retrained_accuracy.mean, 0.9905);
  EXPECT_DOUBLE_EQ(slice.reattack_accuracy.mean, 0.181);
  EXPECT_DOUBLE_EQ(slice.relative_seconds.mean, (0.5 + 0.75) / 2);
  EXPECT_DOUBLE_EQ(setting.cells.at({"fgsm", "full"}).relative_seconds.mean, 1);
  EXPECT_DOUBLE_EQ(setting.attacked_accuracy.at("fgsm").mean, 0.185);
}

TEST(Rq3Results, HaveNoRowForFullRetrainingBeforeItIsDone) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.98, 0.98);
  workspace.add_readaptation("mlp-mnist", 0, "fgsm", "deeparc", 750, 990, 180, 5);
  const Rq3Setting setting = read_rq3_results(workspace.database(), "small").at(0);
  EXPECT_EQ(setting.cells.size(), 1U);
  EXPECT_EQ(setting.cells.at({"fgsm", "deeparc"}).relative_seconds.count, 0U);
}

TEST(Rq3MainTable, StandsBesideThePapers) {
  SyntheticWorkspace workspace;
  add_fgsm(workspace);
  const Table table = rq3_main_table(read_rq3_results(workspace.database(), "small").at(0));
  EXPECT_THAT(texts(table.rows.at(0)), ElementsAre("FGSM", "Fully Training", "100.00", "100.00", "100.00", "100.00",
                                                   "14.20", "14.20", "97.00", "100.00"));
  EXPECT_THAT(texts(table.rows.at(1)), ElementsAre("FGSM", "NeuSemSlice", "30.00", "26.74", "99.05", "100.00", "18.10",
                                                   "18.10", "97.00", "62.50"));
  EXPECT_THAT(table.caption, HasSubstr("FGSM leaves 18.50 of the training samples right. The slice removes 70.00."));
}

TEST(Rq3Effects, ArePairedBySeedAndLeaveOutWhatHasNoPartner) {
  SyntheticWorkspace workspace;
  add_fgsm(workspace);
  workspace.add_readaptation("mlp-mnist", 0, "pgd", "slice", 300, 500, 100, 5);  // full retraining is not done yet
  const std::vector<Rq3Setting> settings = read_rq3_results(workspace.database(), "small");
  const Rq3Effect effect = effect_of(settings, "slice");
  EXPECT_NEAR(effect.retrained_accuracy.summary().mean, -0.95, 1e-12) << "-1.0 and -0.9";
  EXPECT_NEAR(effect.reattack_accuracy.summary().mean, 3.9, 1e-12) << "3.8 and 4.0";
  EXPECT_DOUBLE_EQ(effect.seconds.summary().mean, 62.5) << "50 and 75";
  EXPECT_TRUE(effect_of(settings, "both").empty());
  const Table table = rq3_effects_table(settings.at(0));
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_THAT(texts(table.rows.at(0)),
              ElementsAre("NeuSemSlice", "30.00", "26.74", "-0.95", "+0.00", "+3.90", "+3.90", "+0.00", "62.50"));
}

TEST(Rq3Report, WritesEveryFormat) {
  SyntheticWorkspace workspace;
  workspace.add_run("small", "question: rq3\nsettings: {mlp-mnist: {title: MLP-MNIST}}");
  add_fgsm(workspace);
  EXPECT_EQ(write_report(workspace.path(), all_report_formats()).files.size(), 5U);
  const std::string text = read_file(workspace.path() / "report" / "rq3.md");
  EXPECT_THAT(
      text, HasSubstr("NeuSemSlice retrains 30.00 % of the parameters; against full retraining, mean over settings "
                      "and attacks: RA -0.95 points, RAA +3.90 points, benign test images +0.00 points, in 62.50 % of "
                      "its time. The paper for the settings that it has: 26.74 %, RA +0.00 points, RAA +3.90 points."));
  EXPECT_EQ(parse_csv(read_file(workspace.path() / "report" / "rq3.csv")).size(), 2U);
  EXPECT_TRUE(testing_support::is_well_formed_xml(to_svg(rq3_figure(read_rq3_results(workspace.database(), "small")))));
}

TEST(Rq3Report, OfAnEmptySuiteSaysSo) {
  SyntheticWorkspace workspace;
  workspace.add_run("small", "question: rq3");
  write_report(workspace.path(), {ReportFormat::markdown});
  EXPECT_THAT(read_file(workspace.path() / "report" / "rq3.md"),
              HasSubstr("No model has been retrained both wholly and in part yet."));
}

}  // namespace
}  // namespace neusemslice
