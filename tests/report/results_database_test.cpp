#include "store/results_database.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "report/format.hpp"
#include "report/published.hpp"
#include "report/suite_record.hpp"
#include "report/synthetic_workspace.hpp"
#include "store/schema.hpp"

namespace neusemslice {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::SyntheticWorkspace;

template <typename Call>
std::string input_error_of(Call call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ResultsDatabase, MissingFileSaysWhatToDo) {
  const std::string message = input_error_of([] { open_results("/nowhere"); });
  EXPECT_THAT(message, AllOf(HasSubstr("/nowhere/results.db"), HasSubstr("neusemslice run SUITE.yaml")));
}

TEST(ResultsDatabase, NewerSchemaIsNamedWithOurs) {
  SyntheticWorkspace workspace;
  const std::size_t known = schema_migrations().size();
  workspace.database().exec(fmt::format("PRAGMA user_version = {}", known + 1));
  const std::string message = input_error_of([&] { open_results(workspace.path()); });
  EXPECT_THAT(message,
              AllOf(HasSubstr(fmt::format("version {},", known + 1)), HasSubstr(fmt::format("version {}:", known))));
}

TEST(ResultsDatabase, EmptyDatabaseHoldsNoResults) {
  SyntheticWorkspace workspace;
  workspace.database().exec("PRAGMA user_version = 0");
  EXPECT_THAT(input_error_of([&] { open_results(workspace.path()); }), HasSubstr("holds no results"));
}

TEST(ResultsDatabase, FileOfAnotherKindIsRefused) {
  SyntheticWorkspace workspace;
  const auto folder = workspace.path() / "other";
  write_file_atomically(folder / "results.db", "this is a text file, not a database");
  EXPECT_THAT(input_error_of([&] { open_results(folder); }), HasSubstr("cannot be read as a results database"));
}

TEST(ResultsDatabase, CannotBeWritten) {
  SyntheticWorkspace workspace;
  SQLite::Database database = open_results(workspace.path());
  EXPECT_THROW(database.exec("DELETE FROM jobs"), SQLite::Exception);
}

TEST(ResultsDatabase, CopyWithoutItsLogCanBeRead) {
  SyntheticWorkspace workspace;
  workspace.database().exec("PRAGMA journal_mode = WAL");
  workspace.add_job("k", "train", "mlp-mnist", 0);
  workspace.database().exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const auto copy = workspace.path() / "copy";
  std::filesystem::create_directory(copy);
  std::filesystem::copy_file(workspace.path() / "results.db", copy / "results.db");
  SQLite::Database database = open_results(copy);
  EXPECT_EQ(choose_suite(database, ""), "small");
}

TEST(ChooseSuite, OnlySuiteNeedsNoName) {
  SyntheticWorkspace workspace("only");
  workspace.add_job("k", "train", "mlp-mnist", 0);
  EXPECT_EQ(choose_suite(workspace.database(), ""), "only");
}

TEST(ChooseSuite, SeveralSuitesAreListed) {
  SyntheticWorkspace workspace;
  workspace.add_run("rq1-mlp");
  workspace.add_run("rq1-cnn");
  EXPECT_THAT(input_error_of([&] { choose_suite(workspace.database(), ""); }), HasSubstr("rq1-cnn, rq1-mlp"));
  EXPECT_EQ(choose_suite(workspace.database(), "rq1-cnn"), "rq1-cnn");
  EXPECT_THAT(input_error_of([&] { choose_suite(workspace.database(), "rq1-mlb"); }), HasSubstr("did you mean"));
}

TEST(ChooseSuite, NoSuiteSaysWhatToDo) {
  SyntheticWorkspace workspace;
  EXPECT_THAT(input_error_of([&] { choose_suite(workspace.database(), ""); }), HasSubstr("no suite was begun"));
}

TEST(SuiteRecord, TellsWhatIsMissing) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.9, 0.9);
  workspace.add_job("a", "train", "mlp-mnist", 1, "failed", "mlp-mnist/seed 1: loss is NaN");
  workspace.add_job("b", "score", "mlp-mnist", 1, "skipped");
  workspace.add_job("c", "train", "mlp-mnist", 2, "waiting");
  EXPECT_THAT(shortcomings(read_suite_record(workspace.database(), "small")),
              ElementsAre("mlp-mnist: 1 of 3 seeds done.",
                          "1 job failed: mlp-mnist, seed 1, train: mlp-mnist/seed 1: loss is NaN.",
                          "1 job skipped, because what they need failed.",
                          "1 job not done yet: the same neusemslice run command continues."));
}

TEST(SuiteRecord, DoneSuiteLacksNothing) {
  SyntheticWorkspace workspace;
  workspace.add_trained("mlp-mnist", 0, 0.9, 0.9);
  EXPECT_THAT(shortcomings(read_suite_record(workspace.database(), "small")), IsEmpty());
}

TEST(SuiteRecord, ManyFailuresAreCutShort) {
  SyntheticWorkspace workspace;
  for (int seed = 0; seed < 8; ++seed) {
    workspace.add_job(fmt::format("k{}", seed), "train", "s", seed, "failed", "disk full");
  }
  EXPECT_THAT(shortcomings(read_suite_record(workspace.database(), "small")).back(),
              AllOf(testing::StartsWith("8 jobs failed: s, seed 0, train: disk full; "), HasSubstr("; and 3 more.")));
}

TEST(ReportFormats, AreParsedInAFixedOrder) {
  EXPECT_THAT(parse_report_formats("html,md,html"), ElementsAre(ReportFormat::markdown, ReportFormat::html));
  EXPECT_THAT(input_error_of([] { parse_report_formats("md,htlm"); }), HasSubstr("'htlm'; did you mean 'html'?"));
  EXPECT_THROW(parse_report_formats(""), InputError);
}

TEST(Published, EveryTableOfThePaperCanBeRead) {
  for (const PublishedTable& table : published_tables()) EXPECT_FALSE(published_rows(table.name).empty()) << table.name;
  EXPECT_EQ(published_rows("metric_seconds").front().at("seconds"), "5.4");
  EXPECT_TRUE(is_same_setting("MLP-MNIST", "mlp-mnist"));
  EXPECT_FALSE(is_same_setting("MLP-MNIST", "mlp-fmnist"));
}

}  // namespace
}  // namespace neusemslice
