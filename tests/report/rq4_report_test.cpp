#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "report/csv.hpp"
#include "report/synthetic_workspace.hpp"
#include "report/well_formed.hpp"
#include "rq4/figure.hpp"
#include "rq4/report.hpp"
#include "rq4/results.hpp"
#include "rq4/tables.hpp"
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

/// Two seeds of MLP-MNIST; the second has not learned by slices yet.
void add_two_tasks(SyntheticWorkspace& workspace) {
  for (int seed = 0; seed < 2; ++seed) {
    workspace.add_trained("mlp-mnist", seed, 0.98, 0.98);
    workspace.add_choice("mlp-mnist", seed, 0.7, 0.95);
    workspace.add_learning("mlp-mnist", seed, "original", 0, 0, {990, 0}, 0);
    workspace.add_learning("mlp-mnist", seed, "retrain", 0, 1, {0, 980}, 10 + 10 * seed);
    workspace.add_learning("mlp-mnist", seed, "replay", 5, 1, {870 + 10 * seed, 970}, 15 + 10 * seed);
  }
  workspace.add_learning("mlp-mnist", 0, "slice", 0, 1, {960, 950}, 8);
}

Rq4Setting two_tasks(SyntheticWorkspace& workspace) {
  add_two_tasks(workspace);
  return read_rq4_results(workspace.database(), "small").at(0);
}

TEST(Rq4MainTable, StandsBesideThePapers) {
  SyntheticWorkspace workspace;
  const Table table = rq4_main_table(two_tasks(workspace));
  ASSERT_EQ(table.rows.size(), 5U);
  EXPECT_THAT(texts(table.rows[0]), ElementsAre("Original", "99.00", "98.92", "0.00", "0.00", "49.50", "49.46"));
  EXPECT_THAT(texts(table.rows[1]), ElementsAre("Retrain", "0.00", "0.00", "98.00", "98.50", "49.00", "49.25"));
  EXPECT_THAT(texts(table.rows[2]), ElementsAre("Replay 5%", "87.50", "87.54", "97.00", "98.32", "92.25", "92.93"));
  EXPECT_THAT(texts(table.rows[3]), ElementsAre("DeepArc", "/", "/", "/", "/", "/", "/"));
  EXPECT_THAT(texts(table.rows[4]),
              ElementsAre("NeuSemSlice (1 of 2 seeds)", "96.00", "98.89", "95.00", "97.20", "95.50", "98.04"));
  EXPECT_THAT(table.caption, HasSubstr("Task A: categories 0 1. Task B: categories 2 3. The first task's slice removes "
                                       "70.00."));
}

TEST(Rq4CostTable, TellsBytesAndTimePairedBySeed) {
  SyntheticWorkspace workspace;
  const Table table = rq4_cost_table(two_tasks(workspace));
  EXPECT_THAT(texts(table.rows.at(2)),
              ElementsAre("Replay 5%", "92.25", "11.50", "-11.50", "100.00", "20.0", "137.50", "0.39 MB", "–", "–"))
      << "15 / 10 and 25 / 20";
  EXPECT_THAT(texts(table.rows.at(3)),
              ElementsAre("NeuSemSlice", "95.50", "3.00", "-3.00", "50.00", "8.0", "80.00", "–", "254 B", "972 B"));
}

/// Three tasks: R = 90 0 0 | 60 80 10 | 70 40 95, in percent.
TEST(Rq4Results, OfAChainAreThoseOfContinualLearning) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.9, 0.9);
  workspace.add_learning("mlp-mnist", 0, "original", 0, 0, {900, 0, 0}, 0);
  workspace.add_learning("mlp-mnist", 0, "retrain", 0, 1, {600, 800, 100}, 1);
  workspace.add_learning("mlp-mnist", 0, "slice", 0, 1, {600, 800, 0}, 1);
  workspace.add_learning("mlp-mnist", 0, "retrain", 0, 2, {700, 400, 950}, 2);
  const Rq4Setting setting = read_rq4_results(workspace.database(), "small").at(0);
  const Rq4Outcome& retrain = *setting.find({"retrain"});
  EXPECT_NEAR(retrain.average.mean, (0.7 + 0.4 + 0.95) / 3, 1e-12);
  EXPECT_NEAR(retrain.forgetting.mean, ((0.9 - 0.7) + (0.8 - 0.4)) / 2, 1e-12);
  EXPECT_NEAR(retrain.backward_transfer.mean, ((0.7 - 0.9) + (0.4 - 0.8)) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(retrain.seconds.mean, 3);
  EXPECT_EQ(setting.find({"slice"}), nullptr) << "one step is still to be done";
  const Table matrix = rq4_matrix_table(setting, retrain);
  EXPECT_THAT(texts(matrix.rows.at(1)), ElementsAre("Task B", "60.00", "80.00", "10.00"));
  EXPECT_TRUE(matrix.rows.at(1).at(2).strong);
  EXPECT_EQ(rq4_figure({setting}).panels.size(), 1U);
}

TEST(Rq4Report, WritesEveryFormat) {
  SyntheticWorkspace workspace;
  workspace.add_run("small", "question: rq4\nsettings: {mlp-mnist: {title: MLP-MNIST}}");
  add_two_tasks(workspace);
  EXPECT_EQ(write_report(workspace.path(), all_report_formats()).files.size(), 5U);
  EXPECT_THAT(read_file(workspace.path() / "report" / "rq4.md"),
              HasSubstr("MLP-MNIST, NeuSemSlice: 96.00 % on the first task and 95.00 % on the last, average accuracy "
                        "95.50 %, forgetting 3.00 %, with 254 bytes of slices kept."));
  EXPECT_THAT(
      read_file(workspace.path() / "report" / "rq4.md"),
      HasSubstr("The paper, over its 6 settings of two tasks: with NeuSemSlice the first task loses 2.79 points "
                "and the average accuracy is 89.77 %; with replay, 0.25 points and 90.76 %."));
  EXPECT_EQ(parse_csv(read_file(workspace.path() / "report" / "rq4.csv")).size(), 2U + 3 * 4);
  EXPECT_TRUE(testing_support::is_well_formed_xml(to_svg(rq4_figure(read_rq4_results(workspace.database(), "small")))));
}

TEST(Rq4Report, OfAnEmptySuiteSaysSo) {
  SyntheticWorkspace workspace;
  workspace.add_run("small", "question: rq4");
  write_report(workspace.path(), {ReportFormat::markdown});
  EXPECT_THAT(read_file(workspace.path() / "report" / "rq4.md"), HasSubstr("No model has learned another task"));
}

}  // namespace
}  // namespace neusemslice
