#include "store/job_history.hpp"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "store/sample_rows.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using test_support::job_row;
using test_support::make_workspace_with_job_done;
using test_support::run_info;
using test_support::TemporaryFolder;
using testing::ElementsAre;
using testing::Pair;

JobState state_of(Store& store, const JobRow& job) {
  return store.states({job}).at(job.key);
}

JobRow job_of(char digit, const std::string& setting) {
  JobRow job = job_row(digit);
  job.setting = setting;
  return job;
}

TEST(JobHistory, ReopeningKeepsStates) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  Store store(folder.path());
  EXPECT_EQ(state_of(store, job_row('a')), JobState::done);
  EXPECT_EQ(state_of(store, job_row('b')), JobState::waiting) << "never seen";
}

TEST(JobHistory, ADoneJobWhoseFileIsGoneOrShortIsWaiting) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  const std::filesystem::path file = folder / "artifacts/train/aaaaaaaaaaaaaaaa-model.safetensors";
  Store store(folder.path());
  write_file_atomically(file, "the mod");
  EXPECT_EQ(state_of(store, job_row('a')), JobState::waiting);
  std::filesystem::remove(file);
  EXPECT_EQ(state_of(store, job_row('a')), JobState::waiting);
  write_file_atomically(file, "the model");
  EXPECT_EQ(state_of(store, job_row('a')), JobState::done);
}

TEST(JobHistory, CostsAreMeanRankSecondsOfDoneJobsByKindAndSetting) {
  const TemporaryFolder folder;
  Store store(folder.path());
  const JobRow small = job_of('a', "small");
  const JobRow small_too = job_of('b', "small");
  const JobRow large = job_of('c', "large");
  const JobRow failed = job_row('d', "score");
  store.register_jobs("suite", {small, small_too, large, failed});
  const std::int64_t run = store.begin_run(run_info());
  store.record_done(small, run, {}, {.seconds = 1});
  store.record_done(small_too, run, {}, {.seconds = 1.5, .ranks = 2});  // 3 rank-seconds
  store.record_done(large, run, {}, {.seconds = 2, .ranks = 4});
  store.record_failed(failed, run, "");
  const JobCosts costs = store.costs();
  EXPECT_THAT(costs.by_kind_and_setting,
              ElementsAre(Pair(Pair("train", "large"), 8.0), Pair(Pair("train", "small"), 2.0)));
  EXPECT_THAT(costs.by_kind, ElementsAre(Pair("train", 4.0)));
}

TEST(JobHistory, TheExpectedCostIsThatOfTheSettingElseOfTheKindElseUnknown) {
  const JobCosts costs{.by_kind_and_setting = {{{"train", "small"}, 2.0}}, .by_kind = {{"train", 4.0}}};
  EXPECT_EQ(costs.expected("train", "small"), 2.0);
  EXPECT_EQ(costs.expected("train", "never seen"), 4.0);
  EXPECT_EQ(costs.expected("score", "small"), std::nullopt);
}

}  // namespace
}  // namespace neusemslice
