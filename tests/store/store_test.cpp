#include "store/store.hpp"

#include <csignal>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/hash.hpp"
#include "store/results_database.hpp"
#include "store/sample_rows.hpp"
#include "store/schema.hpp"
#include "store/workspace_contents.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::files_below;
using test_support::full_result;
using test_support::job_row;
using test_support::message_of;
using test_support::rows;
using test_support::run_info;
using test_support::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SQLite::Database raw_database(const fs::path& workspace, int flags = SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
  return {(workspace / "results.db").string(), flags};
}

/// A workspace with one job done: job 'a', of kind train.
void make_workspace_with_job_done(const fs::path& workspace) {
  Store store(workspace);
  store.register_jobs("small", {job_row('a')});
  store.record_done(job_row('a'), store.begin_run(run_info()), full_result(), 1.5, 1000);
}

JobState state_of(Store& store, const JobRow& job) {
  return store.states({job}).at(job.key);
}

TEST(Store, AFreshWorkspaceHasTheNewestSchema) {
  const TemporaryFolder folder;
  { const Store store(folder / "new/workspace"); }
  EXPECT_EQ(rows(folder / "new/workspace", "PRAGMA user_version"), fmt::format("{}\n", schema_migrations().size()));
  EXPECT_EQ(rows(folder / "new/workspace", "PRAGMA integrity_check"), "ok\n");
}

TEST(Store, AClosedWorkspaceIsOneDatabaseFileAndItsArtifacts) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  EXPECT_THAT(files_below(folder.path()),
              ElementsAre("artifacts/train/aaaaaaaaaaaaaaaa-model.safetensors", "lock", "results.db"));
}

TEST(Store, KeepsEverythingOfADoneJob) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  EXPECT_EQ(rows(folder.path(),
                 "SELECT kind, setting, seed, state, message, attempts, run_id, seconds, "
                 "peak_memory_bytes FROM jobs"),
            "train|mlp-mnist|0|done||1|1|1.5|1000\n");
  EXPECT_EQ(rows(folder.path(),
                 "SELECT epoch, learning_rate, training_loss, training_accuracy, validation_accuracy "
                 "FROM epochs"),
            "1|0.1|2.0|0.5|0.25\n2|0.05|1.0|0.75|0.5\n");
  EXPECT_EQ(rows(folder.path(), "SELECT split, samples, correct, accuracy FROM evaluations ORDER BY split"),
            "test|8|6|0.75\nvalidation|8|4|0.5\n");
  EXPECT_EQ(rows(folder.path(), "SELECT category, samples, correct FROM category_evaluations WHERE split = 'test'"),
            "0|2|2\n1|6|4\n");
  EXPECT_EQ(rows(folder.path(), "SELECT metric, samples, seconds FROM metric_seconds"), "all|100|0.5\navg|100|0.25\n");
  EXPECT_EQ(rows(folder.path(),
                 "SELECT strategy, metric, level, parameters, original_parameters, compression_rate "
                 "FROM slices"),
            "semantic|taylor|0.95|25|100|0.75\n");
  EXPECT_EQ(rows(folder.path(), "SELECT layer, units, kept, rescued FROM slice_layers"), "fc1|8|3|0\nfc2|4|1|1\n");
}

TEST(Store, ArtifactRowsHaveTheFilesSizeAndSha256) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  const std::string path = "artifacts/train/aaaaaaaaaaaaaaaa-model.safetensors";
  EXPECT_EQ(rows(folder.path(), "SELECT name, path, bytes, sha256 FROM artifacts"),
            fmt::format("model.safetensors|{}|9|{}\n", path, sha256_file(folder / path)));
  Store store(folder.path());
  EXPECT_EQ(read_file(store.artifact(job_row('a').key, "model.safetensors")), "the model");
  EXPECT_THAT(message_of<Error>([&] { static_cast<void>(store.artifact(job_row('a').key, "other")); }),
              HasSubstr("left no other"));
}

TEST(Store, AFileWhoseContentsChangedIsRefused) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  write_file_atomically(folder / "artifacts/train/aaaaaaaaaaaaaaaa-model.safetensors", "THE MODEL");
  Store store(folder.path());
  EXPECT_THAT(message_of<Error>([&] { static_cast<void>(store.artifact(job_row('a').key, "model.safetensors")); }),
              HasSubstr("no longer those that were written: delete it and run again"));
}

TEST(Store, ALinkInThePlaceOfTheArtifactsKeepsThem) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder / "workspace");
  std::filesystem::rename(folder / "workspace/artifacts", folder / "big disk");
  std::filesystem::create_directory_symlink(folder / "big disk", folder / "workspace/artifacts");
  Store store(folder / "workspace");
  EXPECT_EQ(read_file(store.artifact(job_row('a').key, "model.safetensors")), "the model");
}

TEST(Store, ReopeningKeepsStates) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  Store store(folder.path());
  EXPECT_EQ(state_of(store, job_row('a')), JobState::done);
  EXPECT_EQ(state_of(store, job_row('b')), JobState::waiting) << "never seen";
}

TEST(Store, ADoneJobWhoseFileIsGoneOrShortIsWaiting) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  const fs::path file = folder / "artifacts/train/aaaaaaaaaaaaaaaa-model.safetensors";
  Store store(folder.path());
  write_file_atomically(file, "the mod");
  EXPECT_EQ(state_of(store, job_row('a')), JobState::waiting);
  fs::remove(file);
  EXPECT_EQ(state_of(store, job_row('a')), JobState::waiting);
  write_file_atomically(file, "the model");
  EXPECT_EQ(state_of(store, job_row('a')), JobState::done);
}

TEST(Store, DoingAJobAgainReplacesItsRows) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  {
    Store store(folder.path());
    JobResult shorter = full_result("another model");
    shorter.epochs.pop_back();
    store.record_done(job_row('a'), store.begin_run(run_info()), shorter, 2, 2000);
  }
  EXPECT_EQ(rows(folder.path(), "SELECT count(*) FROM epochs"), "1\n");
  EXPECT_EQ(rows(folder.path(), "SELECT attempts, run_id, seconds FROM jobs"), "2|2|2.0\n");
  EXPECT_EQ(rows(folder.path(), "SELECT bytes FROM artifacts"), "13\n");
}

TEST(Store, FailedAndSkippedJobsKeepTheirMessageAndFailuresCountAsAttempts) {
  const TemporaryFolder folder;
  {
    Store store(folder.path());
    store.register_jobs("small", {job_row('a'), job_row('b', "score", {job_row('a').key})});
    const std::int64_t run = store.begin_run(run_info());
    store.record_failed(job_row('a'), run, "the loss is NaN");
    store.record_failed(job_row('a'), run, "the loss is NaN again");
    store.record_skipped(job_row('b'), run, "a job it needs failed");
    EXPECT_EQ(state_of(store, job_row('a')), JobState::waiting) << "what failed is tried again";
  }
  EXPECT_EQ(rows(folder.path(), "SELECT state, message, attempts FROM jobs ORDER BY key"),
            "failed|the loss is NaN again|2\nskipped|a job it needs failed|0\n");
}

TEST(Store, SuccessAfterAFailureClearsTheMessage) {
  const TemporaryFolder folder;
  {
    Store store(folder.path());
    store.register_jobs("small", {job_row('a')});
    const std::int64_t run = store.begin_run(run_info());
    store.record_failed(job_row('a'), run, "no luck");
    store.record_done(job_row('a'), run, {}, 1, 1);
  }
  EXPECT_EQ(rows(folder.path(), "SELECT state, message, attempts FROM jobs"), "done||2\n");
}

TEST(Store, RegisteringReplacesTheSuitesJobsButKeepsOldRows) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  {
    Store store(folder.path());
    store.register_jobs("other", {job_row('a')});
    store.register_jobs("small", {job_row('b'), job_row('c', "score", {job_row('b').key})});
  }
  EXPECT_EQ(rows(folder.path(), "SELECT suite, substr(job, 1, 1) FROM suite_jobs ORDER BY 1, 2"),
            "other|a\nsmall|b\nsmall|c\n");
  EXPECT_EQ(rows(folder.path(), "SELECT substr(key, 1, 1), state FROM jobs ORDER BY key"),
            "a|done\nb|waiting\nc|waiting\n");
  EXPECT_EQ(rows(folder.path(), "SELECT substr(job, 1, 1), position, substr(input, 1, 1) FROM job_inputs"), "c|0|b\n");
}

TEST(Store, RegisteringAgainChangesNothing) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  {
    Store store(folder.path());
    store.register_jobs("small", {job_row('a')});
  }
  EXPECT_EQ(rows(folder.path(), "SELECT state, attempts FROM jobs"), "done|1\n");
  EXPECT_EQ(rows(folder.path(), "SELECT count(*) FROM suite_jobs"), "1\n");
}

TEST(Store, RunsRecordHowTheyEnded) {
  const TemporaryFolder folder;
  {
    Store store(folder.path());
    store.begin_run(run_info());
    store.finish_run(store.begin_run(run_info()), "failed");
  }
  EXPECT_EQ(rows(folder.path(), "SELECT id, state, finished_at IS NULL FROM runs"), "1|running|1\n2|failed|0\n");
  { const Store store(folder.path()); }
  EXPECT_EQ(rows(folder.path(), "SELECT id, state FROM runs"), "1|stopped\n2|failed\n")
      << "whoever opens the workspace knows that no other process runs";
}

// The machine stops between the file and the row: the file is there, the transaction is not.
TEST(Store, AFileWithoutARowIsRemovedAtTheNextOpening) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  write_file_atomically(folder / "artifacts/train/bbbbbbbbbbbbbbbb-model.safetensors", "orphan");
  write_file_atomically(folder / "artifacts/train/bbbbbbbbbbbbbbbb-model.safetensors.77.nss-tmp", "half an orp");
  { const Store store(folder.path()); }
  EXPECT_THAT(files_below(folder / "artifacts"), ElementsAre("train/aaaaaaaaaaaaaaaa-model.safetensors"));
}

TEST(Store, FilesThatNoJobCouldHaveWrittenAreLeftAlone) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "artifacts/thesis.tex", "months of work");
  write_file_atomically(folder / "artifacts/photos/2026-11-24.jpg", "a face");
  { const Store store(folder.path()); }
  EXPECT_THAT(files_below(folder / "artifacts"), ElementsAre("photos/2026-11-24.jpg", "thesis.tex"));
}

TEST(Store, AJobIsOneTransaction) {
  const TemporaryFolder folder;
  {
    Store store(folder.path());
    store.register_jobs("small", {job_row('a')});
    const std::int64_t run = store.begin_run(run_info());
    JobResult broken = full_result();
    broken.slice->strategy = "no such strategy";  // the schema refuses it, after epochs and evaluations were inserted
    EXPECT_THAT(message_of<InputError>([&] { store.record_done(job_row('a'), run, broken, 1, 1); }),
                HasSubstr("CHECK constraint failed"));
    EXPECT_EQ(state_of(store, job_row('a')), JobState::waiting);
  }
  for (const char* table : {"epochs", "evaluations", "category_evaluations", "metric_seconds", "slices", "artifacts"}) {
    EXPECT_EQ(rows(folder.path(), fmt::format("SELECT count(*) FROM {}", table)), "0\n") << table;
  }
  EXPECT_EQ(rows(folder.path(), "SELECT state, attempts FROM jobs"), "waiting|0\n");
  { const Store store(folder.path()); }
  EXPECT_THAT(files_below(folder / "artifacts"), IsEmpty());
}

TEST(Store, ADiskThatIsFullForTheArtifactLeavesNoRow) {
  const TemporaryFolder folder;
  Store store(folder.path());
  store.register_jobs("small", {job_row('a')});
  const std::int64_t run = store.begin_run(run_info());
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 1'000'000, .rlim_max = before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = message_of<InputError>(
      [&] { store.record_done(job_row('a'), run, full_result(std::string(2'000'000, 'x')), 1, 1); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, AllOf(HasSubstr("aaaaaaaaaaaaaaaa-model.safetensors"), HasSubstr("2.0 MB needed")));
  EXPECT_THAT(files_below(folder / "artifacts"), IsEmpty());
  EXPECT_EQ(state_of(store, job_row('a')), JobState::waiting);
  store.record_done(job_row('a'), run, full_result(std::string(2'000'000, 'x')), 1, 1);
  EXPECT_EQ(state_of(store, job_row('a')), JobState::done);
}

TEST(Store, MigratesFromAnEmptyDatabaseFile) {
  const TemporaryFolder folder;
  raw_database(folder.path()).exec("PRAGMA user_version = 0");
  { const Store store(folder.path()); }
  EXPECT_EQ(rows(folder.path(), "PRAGMA user_version"), fmt::format("{}\n", schema_migrations().size()));
}

TEST(Store, EveryMigrationStepStartsWhereTheOneBeforeEnded) {
  for (std::size_t version = 0; version <= schema_migrations().size(); ++version) {
    const TemporaryFolder folder;
    {
      SQLite::Database database = raw_database(folder.path());
      for (std::size_t step = 0; step < version; ++step) database.exec(std::string(schema_migrations()[step]));
      database.exec(fmt::format("PRAGMA user_version = {}", version));
    }
    EXPECT_NO_THROW(make_workspace_with_job_done(folder.path())) << "from version " << version;
  }
}

TEST(Store, ANewerDatabaseIsRefusedUntouchedNamingBothVersions) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  raw_database(folder.path()).exec("PRAGMA user_version = 99");
  const std::string before = sha256_file(folder / "results.db");
  EXPECT_EQ(message_of<InputError>([&] { Store store(folder.path()); }),
            fmt::format("{}/results.db: its schema has version 99, this program knows up to {}: use the newer program, "
                        "or another workspace",
                        folder.path().string(), schema_migrations().size()));
  EXPECT_EQ(sha256_file(folder / "results.db"), before);
}

TEST(Store, AFileThatIsNoDatabaseIsRefusedUntouched) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "results.db", std::string(5000, 'x'));
  EXPECT_THAT(message_of<InputError>([&] { Store store(folder.path()); }),
              HasSubstr("results.db: file is not a database; "));
  EXPECT_EQ(read_file(folder / "results.db"), std::string(5000, 'x'));
}

TEST(Store, AFileInThePlaceOfTheWorkspaceIsNamed) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "");
  EXPECT_THAT(message_of<InputError>([&] { Store store(folder / "file"); }),
              HasSubstr("file/artifacts: this folder cannot be made: "));
}

TEST(Store, MeanSecondsAreByKindAndOfDoneJobsOnly) {
  const TemporaryFolder folder;
  Store store(folder.path());
  store.register_jobs("small", {job_row('a'), job_row('b'), job_row('c', "score")});
  const std::int64_t run = store.begin_run(run_info());
  store.record_done(job_row('a'), run, {}, 1, 1);
  store.record_done(job_row('b'), run, {}, 3, 1);
  store.record_failed(job_row('c'), run, "");
  SQLite::Database database = open_results(folder.path());
  EXPECT_THAT(read_mean_seconds(database), ElementsAre(std::pair<const std::string, double>("train", 2)));
}

}  // namespace
}  // namespace neusemslice
