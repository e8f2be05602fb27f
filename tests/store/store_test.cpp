#include "store/store.hpp"

#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "store/results_database.hpp"
#include "store/sample_rows.hpp"
#include "store/schema.hpp"
#include "store/status.hpp"
#include "store/workspace_contents.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::files_below;
using test_support::full_result;
using test_support::job_row;
using test_support::make_workspace_with_job_done;
using test_support::message_of;
using test_support::rows;
using test_support::run_info;
using test_support::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

JobState state_of(Store& store, const JobRow& job) {
  return store.states({job}).at(job.key);
}

TEST(Store, AFreshWorkspaceHasTheNewestSchema) {
  const TemporaryFolder folder;
  { const Store store(folder / "new/workspace"); }
  EXPECT_EQ(rows(folder / "new/workspace", "PRAGMA user_version"), fmt::format("{}\n", newest_schema_version()));
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
                 "peak_memory_bytes, ranks FROM jobs"),
            "train|mlp-mnist|0|done||1|1|1.5|1000|2\n");
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
  EXPECT_EQ(rows(folder.path(), "SELECT threshold, similarity, modularity, compression_rate FROM layer_removals"),
            "0.99|uncentred|0.5|0.75\n");
  EXPECT_EQ(rows(folder.path(), "SELECT layer FROM removed_layers"), "fc2\n");
  EXPECT_EQ(rows(folder.path(), "SELECT layer, other_layer, similarity FROM layer_similarities WHERE position = 0"),
            "fc1|fc1|1.0\nfc1|fc2|0.995\n");
}

TEST(Store, DoingAJobAgainReplacesItsRows) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  {
    Store store(folder.path());
    JobResult shorter = full_result(folder.path(), job_row('a'), "another model");
    shorter.epochs.pop_back();
    store.record_done(job_row('a'), store.begin_run(run_info()), shorter, {.seconds = 2});
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
    store.record_done(job_row('a'), run, {}, {});
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

TEST(Store, RunsListTheirRanks) {
  const TemporaryFolder folder;
  {
    Store store(folder.path());
    store.register_jobs("small", {job_row('a')});
    const std::int64_t run = store.begin_run(run_info());
    store.record_ranks(run, {{.rank = 0,
                              .host = "node17",
                              .process_id = 4242,
                              .local_rank = 0,
                              .device = "cuda:0",
                              .device_uuid = "GPU-0123",
                              .threads = 8},
                             {.rank = 1, .host = "node18", .process_id = 17, .device = "cpu", .threads = 4}});
  }
  EXPECT_EQ(rows(folder.path(), "SELECT * FROM run_ranks ORDER BY rank"),
            "1|0|node17|4242|0|cuda:0|GPU-0123|8\n1|1|node18|17|0|cpu||4\n");
  SQLite::Database database = open_results(folder.path());
  const SuiteStatus status = read_status(database).at(0);
  EXPECT_EQ(status.run_ranks, 2);
  EXPECT_EQ(status.run_hosts, 2);
}

TEST(Store, AJobIsOneTransaction) {
  const TemporaryFolder folder;
  {
    Store store(folder.path());
    store.register_jobs("small", {job_row('a')});
    const std::int64_t run = store.begin_run(run_info());
    JobResult broken = full_result(folder.path(), job_row('a'));
    broken.slice->strategy = "no such strategy";  // the schema refuses it, after epochs and evaluations were inserted
    EXPECT_THAT(message_of<InputError>([&] { store.record_done(job_row('a'), run, broken, {}); }),
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

}  // namespace
}  // namespace neusemslice
