#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "pilot/figure.hpp"
#include "pilot/report.hpp"
#include "pilot/results.hpp"
#include "pilot/tables.hpp"
#include "report/csv.hpp"
#include "report/synthetic_workspace.hpp"
#include "report/well_formed.hpp"
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

/// Two categories of 100 images. Seed 1 is two points better everywhere.
void add_seeds(SyntheticWorkspace& workspace, const std::string& setting, int seeds) {
  for (int seed = 0; seed < seeds; ++seed) {
    const int more = 2 * seed;
    workspace.add_trained(setting, seed, 0.9, 0.9);
    workspace.add_mask(setting, seed, "global", "deeplift", 0, {10 + more, 30 + more});
    workspace.add_mask(setting, seed, "global", "deeplift", 40, {60 + more, 80 + more});
    workspace.add_mask(setting, seed, "category", "deeplift", 0, {0 + more, 90 + more});
    workspace.add_mask(setting, seed, "category", "deeplift", 40, {20 + more, 30 + more});
  }
}

TEST(PilotResults, AreMeansOverSeedsOfCountsByCategory) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "vgg16-cifar10", 2);
  const PilotSetting setting = read_pilot_results(workspace.database(), "small").at(0);
  EXPECT_THAT(bands_of(setting), ElementsAre(std::pair(0, 10), std::pair(40, 50)));
  const PilotAccuracy& top = setting.cells.at({"global", "deeplift", 0, 10});
  EXPECT_DOUBLE_EQ(top.overall.mean, 0.21);  // (40 / 200 + 44 / 200) / 2
  EXPECT_EQ(top.overall.count, 2U);
  EXPECT_DOUBLE_EQ(top.by_category.at(1).mean, 0.31);
  EXPECT_DOUBLE_EQ(setting.original_test_accuracy.mean, 0.9);
}

TEST(PilotBandTable, StandsBesideThePapersWhereItHasTheSetting) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "vgg16-cifar10", 1);
  add_seeds(workspace, "mlp-mnist", 1);
  const std::vector<PilotSetting> settings = read_pilot_results(workspace.database(), "small");
  const Table own = pilot_band_table(settings.at(0), "global");
  EXPECT_EQ(own.columns.size(), 2U);
  EXPECT_THAT(texts(own.rows.at(0)), ElementsAre("0–10 %", "20.00"));
  const Table beside = pilot_band_table(settings.at(1), "category");
  EXPECT_EQ(beside.columns.at(2).heading, "deeplift, paper");
  EXPECT_THAT(texts(beside.rows.at(0)), ElementsAre("0–10 %", "45.00", "0.30"));
  EXPECT_THAT(texts(beside.rows.at(1)), ElementsAre("40–50 %", "25.00", "80.79"));
}

TEST(PilotCategoryTable, ShowsThePapersFourCategoriesAsFarAsThereAreSoMany) {
  SyntheticWorkspace workspace;
  add_seeds(workspace, "vgg16-cifar10", 1);
  const Table table = pilot_category_table(read_pilot_results(workspace.database(), "small").at(0));
  EXPECT_THAT(texts(table.rows.at(0)), ElementsAre("0–10 %", "0.00", "0.00", "–", "3.00", "–", "0.00", "–", "0.00"));
}

TEST(PilotReport, AnswersByTheNumbersAndWritesEveryFormat) {
  SyntheticWorkspace workspace;
  workspace.add_run("small", "question: pilot\nsettings: {vgg16-cifar10: {title: VGG16-CIFAR10}}");
  add_seeds(workspace, "vgg16-cifar10", 2);
  const WrittenReport written = write_report(workspace.path(), all_report_formats());
  EXPECT_EQ(written.files.size(), 5U);
  const std::string text = read_file(workspace.path() / "report" / "pilot.md");
  // By the global ranking the top band costs more than the last (21 against 71 %), by the categories' own less.
  EXPECT_THAT(text, HasSubstr("VGG16-CIFAR10, ranked over all categories: masking the top band (0–10 %) costs more "
                              "than masking the last one (40–50 %) by every metric."));
  EXPECT_THAT(text, HasSubstr("by no metric."));
  EXPECT_TRUE(
      testing_support::is_well_formed_xml(to_svg(pilot_figure(read_pilot_results(workspace.database(), "small")))));
  EXPECT_EQ(parse_csv(read_file(workspace.path() / "report" / "pilot.csv")).size(), 12U);
}

TEST(PilotReport, OfAnEmptySuiteSaysSo) {
  SyntheticWorkspace workspace;
  workspace.add_run("small", "question: pilot");
  write_report(workspace.path(), {ReportFormat::markdown});
  EXPECT_THAT(read_file(workspace.path() / "report" / "pilot.md"),
              HasSubstr("No masked model has been evaluated yet."));
}

}  // namespace
}  // namespace neusemslice
