#include "store/workspace_lock.hpp"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/host.hpp"
#include "store/other_process.hpp"
#include "store/sample_rows.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::job_row;
using test_support::message_of;
using test_support::OtherProcess;
using test_support::run_info;
using test_support::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

/// Has one job done of two.
std::unique_ptr<Store> half_done(const fs::path& workspace) {
  auto store = std::make_unique<Store>(workspace);
  store->register_jobs("small", {job_row('a'), job_row('b')});
  store->record_done(job_row('a'), store->begin_run(run_info()), {}, {});
  return store;
}

TEST(WorkspaceLock, ASecondProcessIsRefusedNamingTheFirst) {
  const TemporaryFolder folder;
  const OtherProcess other([&] { return half_done(folder.path()); });
  const std::string message = message_of<InputError>([&] { Store store(folder.path()); });
  EXPECT_THAT(message, AllOf(HasSubstr(folder.path().string() + ": this workspace is in use by process "),
                             HasSubstr(fmt::format("process {} on {}, since 20", other.pid(), host_name()))));
}

TEST(WorkspaceLock, IsReleasedWhenItsOwnerIsKilled) {
  const TemporaryFolder folder;
  OtherProcess other([&] { return half_done(folder.path()); });
  other.kill_it();
  Store store(folder.path());
  EXPECT_EQ(store.states({job_row('a')}).at(job_row('a').key), JobState::done) << "what was committed is there";
  EXPECT_THAT(read_file(folder / "lock"), HasSubstr(fmt::format("process {} on ", ::getpid())));
}

TEST(WorkspaceLock, IsReleasedWhenItsOwnerEnds) {
  const TemporaryFolder folder;
  { const WorkspaceLock lock(folder.path()); }
  EXPECT_NO_THROW(WorkspaceLock(folder.path()));
}

TEST(WorkspaceLock, TellsWhetherAWorkspaceIsInUse) {
  const TemporaryFolder folder;
  EXPECT_FALSE(is_workspace_in_use(folder.path()));
  {
    const WorkspaceLock lock(folder.path());
    EXPECT_TRUE(is_workspace_in_use(folder.path()));
  }
  EXPECT_FALSE(is_workspace_in_use(folder.path()));
}

TEST(WorkspaceLock, MovesWithItsOwner) {
  const TemporaryFolder folder;
  WorkspaceLock first(folder.path());
  const WorkspaceLock second(std::move(first));
  EXPECT_THROW(WorkspaceLock(folder.path()), InputError);
}

TEST(WorkspaceLock, AMissingFolderIsNamed) {
  EXPECT_EQ(message_of<InputError>([] { WorkspaceLock lock("/nowhere"); }),
            "/nowhere/lock: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace neusemslice
