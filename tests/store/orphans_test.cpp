#include "store/orphans.hpp"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/files.hpp"
#include "store/sample_rows.hpp"
#include "store/store.hpp"
#include "store/workspace_contents.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::files_below;
using test_support::job_row;
using test_support::make_workspace_with_job_done;
using test_support::run_info;
using test_support::TemporaryFolder;
using testing::ElementsAre;
using testing::IsEmpty;

void write_checkpoint(const fs::path& workspace, char digit) {
  write_file_atomically(checkpoint_path(workspace, job_row(digit).key), "epoch 3");
}

// The machine stops between the file and the row: the file is there, the transaction is not.
TEST(Orphans, AFileWithoutARowIsRemovedAtTheNextOpening) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  write_file_atomically(folder / "artifacts/train/bbbbbbbbbbbbbbbb-model.safetensors", "orphan");
  write_file_atomically(folder / "artifacts/train/bbbbbbbbbbbbbbbb-model.safetensors.77.nss-tmp", "half an orp");
  { const Store store(folder.path()); }
  EXPECT_THAT(files_below(folder / "artifacts"), ElementsAre("train/aaaaaaaaaaaaaaaa-model.safetensors"));
}

TEST(Orphans, CheckpointsOfJobsThatAreNotDoneStay) {
  const TemporaryFolder folder;
  {
    Store store(folder.path());
    store.register_jobs("small", {job_row('a'), job_row('b')});
    store.record_failed(job_row('b'), store.begin_run(run_info()), "no luck");
  }
  write_checkpoint(folder.path(), 'a');
  write_checkpoint(folder.path(), 'b');
  { const Store store(folder.path()); }
  EXPECT_THAT(files_below(folder / "checkpoints"),
              ElementsAre("aaaaaaaaaaaaaaaa.safetensors", "bbbbbbbbbbbbbbbb.safetensors"));
}

TEST(Orphans, CheckpointsOfDoneAndUnknownJobsAndUnfinishedOnesAreRemoved) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  {
    Store store(folder.path());
    store.register_jobs("small", {job_row('a'), job_row('b')});
  }
  write_checkpoint(folder.path(), 'a');
  write_checkpoint(folder.path(), 'c');
  write_file_atomically(folder / "checkpoints/bbbbbbbbbbbbbbbb.safetensors.77.nss-tmp", "epo");
  { const Store store(folder.path()); }
  EXPECT_THAT(files_below(folder / "checkpoints"), IsEmpty());
}

/// A pruning's checkpoint has that of the fine-tuning that runs beside it.
TEST(Orphans, WhatLiesBesideACheckpointStaysAndGoesWithIt) {
  const TemporaryFolder folder;
  make_workspace_with_job_done(folder.path());
  {
    Store store(folder.path());
    store.register_jobs("small", {job_row('a'), job_row('b')});
  }
  for (const char digit : {'a', 'b'}) {
    write_file_atomically(checkpoint_path(folder.path(), job_row(digit).key).string() + ".training", "batch 7");
  }
  write_checkpoint(folder.path(), 'b');
  { const Store store(folder.path()); }
  EXPECT_THAT(files_below(folder / "checkpoints"),
              ElementsAre("bbbbbbbbbbbbbbbb.safetensors", "bbbbbbbbbbbbbbbb.safetensors.training"));
}

TEST(Orphans, ACheckpointLastsUntilItsJobIsDone) {
  const TemporaryFolder folder;
  Store store(folder.path());
  store.register_jobs("small", {job_row('a'), job_row('b')});
  write_checkpoint(folder.path(), 'a');
  write_checkpoint(folder.path(), 'b');
  const std::int64_t run = store.begin_run(run_info());
  store.record_failed(job_row('a'), run, "no luck");
  EXPECT_THAT(files_below(folder / "checkpoints"),
              ElementsAre("aaaaaaaaaaaaaaaa.safetensors", "bbbbbbbbbbbbbbbb.safetensors"));
  store.record_done(job_row('a'), run, {}, {});
  EXPECT_THAT(files_below(folder / "checkpoints"), ElementsAre("bbbbbbbbbbbbbbbb.safetensors"));
}

TEST(Orphans, FilesThatNoJobCouldHaveWrittenAreLeftAlone) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "artifacts/thesis.tex", "months of work");
  write_file_atomically(folder / "artifacts/photos/2026-11-24.jpg", "a face");
  write_file_atomically(folder / "checkpoints/best.safetensors", "somebody's own");
  { const Store store(folder.path()); }
  EXPECT_THAT(files_below(folder / "artifacts"), ElementsAre("photos/2026-11-24.jpg", "thesis.tex"));
  EXPECT_THAT(files_below(folder / "checkpoints"), ElementsAre("best.safetensors"));
}

}  // namespace
}  // namespace neusemslice
