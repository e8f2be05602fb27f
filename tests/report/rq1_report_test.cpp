#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "report/csv.hpp"
#include "report/synthetic_workspace.hpp"
#include "report/well_formed.hpp"
#include "rq1/answer.hpp"
#include "rq1/choice.hpp"
#include "rq1/claims.hpp"
#include "rq1/comparison.hpp"
#include "rq1/figure.hpp"
#include "rq1/report.hpp"
#include "rq1/tables.hpp"
#include "suite_report.hpp"

namespace neusemslice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing_support::SyntheticWorkspace;

/// Each seed is one point worse than the one before, everywhere. Losses on validation: 0, 1, 4 points at CR 40, 60, 80
/// %.
void add_seed(SyntheticWorkspace& workspace, const std::string& setting, std::int64_t seed) {
  const double less = 0.01 * static_cast<double>(seed);
  workspace.add_trained(setting, seed, 0.99 - less, 0.98 - less);
  workspace.add_slice(setting, seed, {"semantic", "taylor", 0.99, 0.4, 0.99 - less, 0.98 - less}, 400);
  workspace.add_slice(setting, seed, {"semantic", "taylor", 0.95, 0.6, 0.98 - less, 0.97 - less}, 200);
  workspace.add_slice(setting, seed, {"semantic", "taylor", 0.90, 0.8, 0.95 - less, 0.93 - less}, 1, true);
  workspace.add_slice(setting, seed, {"global", "taylor", 100, 0.0, 0.99 - less, 0.98 - less});
  workspace.add_slice(setting, seed, {"global", "taylor", 10, 0.9, 0.50 - less, 0.49 - less}, 52);
}

void add_seeds(SyntheticWorkspace& workspace, const std::string& setting, std::int64_t count) {
  for (std::int64_t seed = 0; seed < count; ++seed) add_seed(workspace, setting, seed);
}

std::vector<std::string> texts(const std::vector<Cell>& row) {
  std::vector<std::string> result;
  for (const Cell& cell : row) result.push_back(cell.text);
  return result;
}

Rq1Setting only_setting(SyntheticWorkspace& workspace) {
  return read_rq1_results(workspace.database(), "small").at(0);
}

TEST(Rq1Choice, ReadsBetweenSlicesAndNeverBeyond) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "mlp-mnist", 0);
  const Rq1Setting setting = only_setting(workspace);
  const Rq1Curve* curve = find_curve(setting, "semantic", "taylor");
  ASSERT_NE(curve, nullptr);
  EXPECT_NEAR(values_at(*curve, 0.5).at(0).test_accuracy, 0.975, 1e-12);
  EXPECT_NEAR(values_at(*curve, 0.7).at(0).test_loss, 0.03, 1e-12);
  EXPECT_NEAR(values_at(*curve, 0.8).at(0).test_accuracy, 0.93, 1e-12);
  EXPECT_TRUE(values_at(*curve, 0.39).empty());
  EXPECT_TRUE(values_at(*curve, 0.81).empty());
}

TEST(Rq1Choice, IsMadeOnValidationAccuracyAlone) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.90, 0.90);
  workspace.add_slice("mlp-mnist", 0, {"semantic", "avg", 0.90, 0.8, 0.80, 0.90});  // only the test set likes it
  workspace.add_slice("mlp-mnist", 0, {"semantic", "avg", 0.95, 0.6, 0.89, 0.70});  // loses exactly a point
  workspace.add_slice("mlp-mnist", 0, {"semantic", "avg", 0.99, 0.3, 0.90, 0.90});
  const Rq1Setting setting = only_setting(workspace);
  EXPECT_DOUBLE_EQ(most_compressed(setting.curves.at(0), 0.01).at(0)->compression_rate, 0.6);
  EXPECT_DOUBLE_EQ(most_compressed(setting.curves.at(0), 0.005).at(0)->compression_rate, 0.3);
}

TEST(Rq1MainTable, ShowsHandWorkedNumbers) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "mlp-mnist", 3);
  const Table table = rq1_main_table(only_setting(workspace));
  ASSERT_EQ(table.rows.size(), 2U);
  // Three seeds a point apart: the interval is 4.3027 points / sqrt(3) to either side.
  EXPECT_THAT(texts(table.rows[0]), ElementsAre("semantic", "taylor", "96.50 ± 2.48", "40.00 ± 0.00", "97.00 ± 2.48",
                                                "60.00 ± 0.00", "96.00 ± 2.48", "80.00 ± 0.00", "92.00 ± 2.48"));
  EXPECT_THAT(texts(table.rows[1]), ElementsAre("global", "taylor", "69.78 ± 2.48", "0.00 ± 0.00", "97.00 ± 2.48",
                                                "0.00 ± 0.00", "97.00 ± 2.48", "0.00 ± 0.00", "97.00 ± 2.48"));
  EXPECT_TRUE(table.rows[0][2].strong);
  EXPECT_FALSE(table.rows[1][2].strong);
}

TEST(Rq1MainTable, TwoSeedsShowTheMeanAlone) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "mlp-mnist", 2);
  EXPECT_THAT(texts(rq1_main_table(only_setting(workspace)).rows.at(0)),
              ElementsAre("semantic", "taylor", "97.00", "40.00", "97.50", "60.00", "96.50", "80.00", "92.50"));
}

TEST(Rq1MainTable, NumberThatSomeSeedsLackIsNotTheBest) {
  SyntheticWorkspace workspace;
  for (const std::int64_t seed : {0, 1}) {
    workspace.add_trained("mlp-mnist", seed, 0.90, 0.90);
    workspace.add_slice("mlp-mnist", seed, {"semantic", "avg", 0.99, 0.5, 0.70, 0.70});
    workspace.add_slice("mlp-mnist", seed, {"semantic", "var", 0.99, seed == 0 ? 0.5 : 0.6, 0.80, 0.80});
  }
  const Table table = rq1_main_table(only_setting(workspace));
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_TRUE(table.rows[0][2].strong);
  EXPECT_EQ(table.rows[1][2].text, "80.00 (1 of 2 seeds)");
  EXPECT_FALSE(table.rows[1][2].strong);
}

TEST(Rq1MainTable, SeedWithoutASliceKeepsItsOriginal) {
  SyntheticWorkspace workspace;
  for (const std::int64_t seed : {0, 1}) workspace.add_trained("mlp-mnist", seed, 0.90, 0.90);
  workspace.add_slice("mlp-mnist", 0, {"semantic", "avg", 0.99, 0.6, 0.90, 0.88});
  workspace.add_slice("mlp-mnist", 1, {"semantic", "avg", 0.99, 0.4, 0.50, 0.50});
  const std::vector<std::string> row = texts(rq1_main_table(only_setting(workspace)).rows.at(0));
  EXPECT_EQ(row[2], "not reached");
  EXPECT_EQ(row[3], "30.00 (1 of 2 seeds)");
  EXPECT_EQ(row[4], "89.00");
}

TEST(Rq1CompleteTable, HasALineForEachLevel) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "mlp-mnist", 0);
  const Table table = rq1_complete_table(only_setting(workspace));
  ASSERT_EQ(table.rows.size(), 5U);
  EXPECT_THAT(texts(table.rows[0]),
              ElementsAre("semantic", "taylor", "T = 0.9", "80.00", "95.00", "93.00", "5.00", "1", "1"));
  EXPECT_THAT(texts(table.rows[4]),
              ElementsAre("global", "taylor", "top 100 %", "0.00", "99.00", "98.00", "0.00", "0", "1"));
}

TEST(Rq1LayersTable, ShowsTheChosenSlicesUnits) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "mlp-mnist", 0);
  const Table table = rq1_layers_table(only_setting(workspace));
  EXPECT_EQ(table.columns.at(2).heading, "taylor (1 seed)");
  EXPECT_THAT(texts(table.rows.at(0)), ElementsAre("fc1", "512", "200.0"));
}

TEST(Rq1LayersTable, LayersStandInTheNetworksOrder) {
  Rq1Setting setting;
  setting.curves.push_back({"semantic", "avg", {Rq1Slice{}}});
  for (const char* layer : {"classifier.1", "features.10", "features.3"}) {
    setting.curves[0].slices[0].layers.push_back({layer, 8, 4, false});
  }
  std::vector<std::string> layers;
  for (const std::vector<Cell>& row : rq1_layers_table(setting).rows) layers.push_back(row.front().text);
  EXPECT_THAT(layers, ElementsAre("features.3", "features.10", "classifier.1"));
}

TEST(Rq1DeepArc, IsACurveWithoutMetricJudgedBesideThePapersNumber) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "vgg16-cifar10", 0);
  workspace.add_deeparc("vgg16-cifar10", 0, 0.3206, 0.20, {"features.40", "features.37"});
  const Rq1Setting setting = only_setting(workspace);
  const Rq1Curve* curve = find_curve(setting, "deeparc", "");
  ASSERT_NE(curve, nullptr);
  EXPECT_DOUBLE_EQ(curve->slices.at(0).compression_rate, 0.3206);
  const auto outcomes = judge_claims({setting});
  const auto outcome = std::ranges::find(outcomes, "deeparc", [](const auto& each) { return each.claim.strategy; });
  ASSERT_NE(outcome, outcomes.end());
  EXPECT_EQ(outcome->verdict, "Ours is 5.16 points more than the paper's.");
  EXPECT_THAT(texts(rq1_deeparc_table({setting}).rows.at(0)),
              ElementsAre("vgg16-cifar10", "features.37, features.40 (1 seed)", "0.50", "uncentred"));
  EXPECT_THAT(setting.layer_similarities.layers, ElementsAre("features.0", "features.3"));
  EXPECT_THAT(setting.layer_similarities.values, ElementsAre(1.0, 0.995, 0.995, 1.0));
}

TEST(Rq1Comparison, IsPairedBySeed) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "mlp-mnist", 3);
  const std::vector<Rq1Difference> differences = compare_at_equal_compression(only_setting(workspace));
  ASSERT_EQ(differences.size(), 8U);  // one metric, four rates, two rivals
  const Rq1Difference& at_half = differences[3];
  EXPECT_EQ(at_half.rival, "global");
  EXPECT_NEAR(at_half.difference.mean, 0.975 - (0.98 - 0.49 * 5 / 9), 1e-12);
  ASSERT_TRUE(at_half.difference.half_width);
  EXPECT_NEAR(*at_half.difference.half_width, 0, 1e-12);  // all seeds differ by the same, though they are points apart
  EXPECT_EQ(standing(differences).ahead, 2);              // at 50 and 70 %; no slice of both at 30 and 90 %
  EXPECT_EQ(standing(differences).undecided, 0);
}

TEST(Rq1Comparison, TwoSeedsGiveNoVerdict) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "mlp-mnist", 2);
  const Rq1Setting setting = only_setting(workspace);
  const Rq1Standing result = standing(compare_at_equal_compression(setting));
  EXPECT_EQ(result.judged(), 0);
  EXPECT_EQ(result.without_interval, 2);
  EXPECT_EQ(result.higher_mean, 2);
  const Table table = rq1_comparison_table(setting);
  EXPECT_THAT(table.caption, HasSubstr("without an interval has fewer than 3 seeds"));
  for (const Cell& cell : table.rows.at(0)) EXPECT_FALSE(cell.strong) << cell.text;
}

TEST(Rq1Comparison, SaysHowManySeedsReachTheRate) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "mlp-mnist", 2);
  workspace.add_trained("mlp-mnist", 2, 0.99, 0.98);
  EXPECT_EQ(rq1_comparison_table(only_setting(workspace)).rows.at(0).at(4).text, "+26.72 (2 of 3 seeds)");
}

TEST(Rq1Figure, BandOfTwoSeedsIsTheirRange) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "mlp-mnist", 2);
  const Figure figure = rq1_figure({only_setting(workspace)});
  const Point point = figure.panels.at(0).series.at(0).points.at(2);  // T = 0.90
  EXPECT_NEAR(point.y, 92.5, 1e-9);
  EXPECT_NEAR(point.y_low, 92, 1e-9);
  EXPECT_NEAR(point.y_high, 93, 1e-9);
}

TEST(Rq1Figure, BandEndsWhereAccuracyEnds) {
  SyntheticWorkspace workspace;
  for (std::int64_t seed = 0; seed < 3; ++seed) {
    const double accuracy = 0.1 + 0.4 * static_cast<double>(seed);
    workspace.add_trained("mlp-mnist", seed, 0.98, 0.98);
    workspace.add_slice("mlp-mnist", seed, {"semantic", "avg", 0.90, 0.9, accuracy, accuracy});
  }
  const Figure figure = rq1_figure({only_setting(workspace)});
  const Point point = figure.panels.at(0).series.at(0).points.at(0);
  EXPECT_EQ(point.y_low, 0);
  EXPECT_EQ(point.y_high, 100);
}

TEST(Rq1Claims, AreJudgedByTheNumbers) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "mlp-mnist", 0);
  const std::vector<Rq1ClaimOutcome> outcomes = judge_claims(read_rq1_results(workspace.database(), "small"));
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].verdict, "Holds: 1.00 points less than the paper's.");  // we lose 3 points, the paper 4
  EXPECT_THAT(
      texts(rq1_claims_table(outcomes).rows.at(0)),
      ElementsAre("MLP-MNIST", "semantic, any metric, CR 70 %", "loses 4.00 points", "taylor: loses 3.00 points",
                  "Holds: 1.00 points less than the paper's.", "section 5.2 (approximate)"));
}

TEST(Rq1Claims, ThoseOfOtherSettingsAreCounted) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "mlp-mnist", 0);
  EXPECT_EQ(claims_not_run(read_rq1_results(workspace.database(), "small")),
            "Not run here: AlexNet-CIFAR10 (6 claims), ResNet101-CIFAR10 (2 claims), VGG16-CIFAR10 (3 claims), "
            "VGG19-ImageNet (1 claim).");
}

TEST(Rq1Claims, WorseThanThePaperDoesNotHold) {
  SyntheticWorkspace workspace;
  for (std::int64_t seed = 0; seed < 3; ++seed) {
    workspace.add_trained("mlp-mnist", seed, 0.98, 0.98);
    workspace.add_slice("mlp-mnist", seed, {"semantic", "avg", 0.95, 0.7, 0.90, 0.90});
  }
  EXPECT_EQ(judge_claims(read_rq1_results(workspace.database(), "small")).at(0).verdict,
            "Does not hold: 4.00 points more than the paper's.");
}

TEST(Rq1Claims, WorseWithoutAnIntervalIsUndecided) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.98, 0.98);
  workspace.add_slice("mlp-mnist", 0, {"semantic", "avg", 0.95, 0.7, 0.90, 0.90});
  EXPECT_EQ(judge_claims(read_rq1_results(workspace.database(), "small")).at(0).verdict,
            "Undecided: 4.00 points more than the paper's, and an interval needs 3 seeds.");
}

TEST(Rq1Claims, RateThatWasNotReachedIsSaid) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.98, 0.98);
  workspace.add_slice("mlp-mnist", 0, {"semantic", "avg", 0.95, 0.6, 0.90, 0.90});
  EXPECT_EQ(judge_claims(read_rq1_results(workspace.database(), "small")).at(0).verdict,
            "Not measured at 70.00 %: our slices remove 60.00 to 60.00 %.");
}

TEST(Rq1Seconds, StandBesideThePapers) {
  SyntheticWorkspace workspace;
  workspace.add_metric_seconds("mlp-mnist", 0, "deeplift", 0.5);
  const Table table = rq1_seconds_table(read_rq1_results(workspace.database(), "small"));
  EXPECT_THAT(texts(table.rows.at(0)),
              ElementsAre("mlp-mnist", "deeplift", "54000", "0.50", "1", "30.9", "2x V100 32 GB + Xeon Silver 4214"));
}

TEST(Rq1Answer, SaysWhatEachStrategyKeeps) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "mlp-mnist", 0);
  const Rq1Report report = read_rq1_report(workspace.database(), "small");
  EXPECT_THAT(
      rq1_answer(report.settings, report.record),
      ElementsAre("mlp-mnist. The original model: 98.00 % test accuracy (1 seed). At 50 % compression semantic "
                  "slicing keeps 97.50 % (taylor), category-wise slicing has no value (no slice yet), global slicing "
                  "keeps 70.78 % (taylor); validation accuracy chooses each metric. At equal compression (30, 50, 70 "
                  "and 90 %) and with the same metric, semantic slicing has the higher mean in 2 of 2 comparisons "
                  "with fewer than 3 seeds, too few for a verdict."));
}

TEST(Rq1Answer, ThreeSeedsGiveAVerdict) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "mlp-mnist", 3);
  const Rq1Report report = read_rq1_report(workspace.database(), "small");
  EXPECT_THAT(rq1_answer(report.settings, report.record).at(0),
              HasSubstr("semantic slicing is ahead in 2 of 2 comparisons, behind in 0, and not told apart in 0."));
}

TEST(Rq1Answer, SaysHowManySeedsReachTheRate) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "mlp-mnist", 0);
  workspace.add_trained("mlp-mnist", 1, 0.99, 0.98);
  const Rq1Report report = read_rq1_report(workspace.database(), "small");
  EXPECT_THAT(rq1_answer(report.settings, report.record).at(0),
              HasSubstr("semantic slicing keeps 97.50 % (taylor, 1 of 2 seeds)"));
}

TEST(Rq1Report, SettingsAppearByTheirTitle) {
  SyntheticWorkspace workspace;
  workspace.add_run("small", "settings:\n  mlp-mnist: {title: MLP-MNIST}\n");
  add_seed(workspace, "mlp-mnist", 0);
  workspace.add_job("x", "train", "mlp-mnist", 1, "failed", "out of memory");
  write_report(workspace.path(), all_report_formats());
  const auto text = [&](const char* name) { return read_file(workspace.path() / "report" / name); };
  EXPECT_THAT(text("rq1.md"), HasSubstr("- MLP-MNIST. The original model"));
  EXPECT_THAT(text("rq1.md"), HasSubstr("failed: MLP-MNIST, seed 1, train"));
  for (const char* name : {"rq1.md", "rq1.svg"}) EXPECT_THAT(text(name), Not(HasSubstr("mlp-mnist"))) << name;
  EXPECT_THAT(text("rq1.csv"), HasSubstr("\nmlp-mnist,semantic"));  // machines keep the name
}

TEST(Rq1Report, SuiteWithoutAClaimedSettingSaysSo) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "mlp-fmnist", 0);
  write_report(workspace.path(), {ReportFormat::markdown});
  const std::string markdown = read_file(workspace.path() / "report/rq1.md");
  EXPECT_THAT(markdown, HasSubstr("The paper prints no number about a setting of this suite."));
  EXPECT_THAT(markdown, HasSubstr("Not run here: AlexNet-CIFAR10 (6 claims), MLP-MNIST (1 claim)"));
  EXPECT_THAT(markdown, Not(HasSubstr("Verdict")));
}

TEST(Rq1Report, PartOfASuiteSaysSo) {
  SyntheticWorkspace workspace;
  add_seed(workspace, "mlp-mnist", 0);
  workspace.add_job("x", "train", "mlp-mnist", 1, "failed", "out of memory");
  workspace.add_job("y", "train", "mlp-fmnist", 0, "waiting");
  const WrittenReport written = write_report(workspace.path(), all_report_formats());
  const std::string markdown = read_file(written.files.front());
  EXPECT_THAT(markdown, HasSubstr("- mlp-fmnist: no result yet."));
  EXPECT_THAT(markdown,
              HasSubstr("mlp-fmnist: 0 of 1 seeds done. mlp-mnist: 1 of 2 seeds done. 1 job failed: mlp-mnist, "
                        "seed 1, train: out of memory."));
}

TEST(Rq1Report, EmptySuiteIsAReportToo) {
  SyntheticWorkspace workspace;
  workspace.add_run("small");
  const WrittenReport written = write_report(workspace.path(), all_report_formats());
  EXPECT_EQ(written.files.size(), 6U);
  EXPECT_THAT(read_file(written.files.front()), HasSubstr("No job of this suite has been planned yet."));
}

TEST(Rq1Report, SameDatabaseGivesTheSameBytes) {
  SyntheticWorkspace workspace;
  workspace.add_run("small");
  add_seeds(workspace, "mlp-mnist", 2);
  const auto first = write_report(workspace.path(), all_report_formats(), workspace.path() / "a").files;
  const auto second = write_report(workspace.path(), all_report_formats(), workspace.path() / "b").files;
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].filename(), second[i].filename());
    EXPECT_EQ(read_file(first[i]), read_file(second[i])) << first[i];
  }
}

TEST(Rq1Report, TimesStandInMarkdownAndHtmlOnly) {
  SyntheticWorkspace workspace;
  workspace.add_run("small");
  add_seed(workspace, "mlp-mnist", 0);
  write_report(workspace.path(), all_report_formats());
  const auto text = [&](const char* name) { return read_file(workspace.path() / "report" / name); };
  for (const char* name : {"rq1.md", "rq1.html"}) EXPECT_THAT(text(name), HasSubstr("2026-11-24T14:40:00")) << name;
  for (const char* name : {"rq1.tex", "rq1.csv", "rq1_seeds.csv", "rq1.svg"}) {
    EXPECT_THAT(text(name), Not(HasSubstr("2026-11-24"))) << name;
  }
  EXPECT_THAT(text("rq1.html"), HasSubstr("<pre>seeds: [0, 1]</pre>"));
}

TEST(Rq1Report, PageAndFigureAreWellFormed) {
  SyntheticWorkspace workspace;
  workspace.add_run("small");
  add_seed(workspace, "mlp-mnist", 0);
  workspace.add_job("x", "train", "mlp-mnist", 1, "failed", "<script>\x1b[31m& more");
  write_report(workspace.path(), all_report_formats());
  EXPECT_TRUE(testing_support::is_self_contained_html(read_file(workspace.path() / "report/rq1.html")));
  EXPECT_TRUE(testing_support::is_well_formed_xml(read_file(workspace.path() / "report/rq1.svg")));
}

TEST(Rq1Report, CsvHoldsEveryNumber) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "mlp-mnist", 3);
  write_report(workspace.path(), {ReportFormat::csv});
  const std::vector<CsvRecord> levels = parse_csv(read_file(workspace.path() / "report/rq1.csv"));
  ASSERT_EQ(levels.size(), 5U);
  EXPECT_EQ(levels[0].at("test_accuracy_percent"), "92.0000");
  EXPECT_EQ(levels[0].at("test_accuracy_half_width"), "2.4841");
  EXPECT_EQ(levels[0].at("rescued_layers"), "3");
  const std::vector<CsvRecord> seeds = parse_csv(read_file(workspace.path() / "report/rq1_seeds.csv"));
  ASSERT_EQ(seeds.size(), 15U);
  EXPECT_EQ(seeds[0].at("test_accuracy"), "0.93");
  EXPECT_FALSE(std::filesystem::exists(workspace.path() / "report/rq1.md"));
}

}  // namespace
}  // namespace neusemslice
