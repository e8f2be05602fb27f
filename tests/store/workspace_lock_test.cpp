#include "store/workspace_lock.hpp"

#include <csignal>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "store/results_database.hpp"
#include "store/sample_rows.hpp"
#include "store/status.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::job_row;
using test_support::message_of;
using test_support::run_info;
using test_support::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

/// Another process that has the workspace open, with one job done of two, until this object ends or kills it.
class OtherProcess {
 public:
  explicit OtherProcess(const fs::path& workspace) {
    int ready[2];
    require(::pipe(ready) == 0, "no pipe");
    pid_ = ::fork();
    if (pid_ == 0) hold(workspace, ready[1]);
    ::close(ready[1]);
    char byte = 0;
    require(::read(ready[0], &byte, 1) == 1, "the other process could not open the workspace");
    ::close(ready[0]);
  }
  ~OtherProcess() { kill_it(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void kill_it() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  [[noreturn]] static void hold(const fs::path& workspace, int ready) {
    Store store(workspace);
    store.register_jobs("small", {job_row('a'), job_row('b')});
    store.record_done(job_row('a'), store.begin_run(run_info()), {}, 1, 1);
    if (::write(ready, "r", 1) != 1) std::_Exit(1);
    for (;;) ::pause();
  }

  pid_t pid_ = -1;
};

TEST(WorkspaceLock, ASecondProcessIsRefusedNamingTheFirst) {
  const TemporaryFolder folder;
  const OtherProcess other(folder.path());
  const std::string message = message_of<InputError>([&] { Store store(folder.path()); });
  EXPECT_THAT(message, AllOf(HasSubstr(folder.path().string() + ": this workspace is in use by process "),
                             HasSubstr(fmt::format("process {} on {}, since 20", other.pid(), host_name()))));
}

TEST(WorkspaceLock, IsReleasedWhenItsOwnerIsKilled) {
  const TemporaryFolder folder;
  OtherProcess other(folder.path());
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

TEST(OpenResults, ReadsWhileAnotherProcessWrites) {
  const TemporaryFolder folder;
  const OtherProcess other(folder.path());
  SQLite::Database database = open_results(folder.path());
  const SuiteStatus status = read_status(database).at(0);
  EXPECT_EQ(status.suite, "small");
  EXPECT_EQ(status.total(), 2);
  EXPECT_EQ(status.totals.at("done"), 1);
  EXPECT_EQ(status.run_state, "running");
  EXPECT_EQ(status.run_process_id, other.pid());
}

TEST(OpenResults, AReaderDoesNotKeepTheWriterFromWritingOrEnding) {
  const TemporaryFolder folder;
  auto store = std::make_unique<Store>(folder.path());
  store->register_jobs("small", {job_row('a')});
  SQLite::Database database = open_results(folder.path());
  SQLite::Statement reading(database, "SELECT key FROM jobs");
  ASSERT_TRUE(reading.executeStep());
  store->record_done(job_row('a'), store->begin_run(run_info()), {}, 1, 1);
  store.reset();
  reading.reset();
  EXPECT_EQ(read_status(database).at(0).totals.at("done"), 1);
}

TEST(OpenResults, LeavesAClosedWorkspaceAsItIs) {
  const TemporaryFolder folder;
  { const Store store(folder.path()); }
  { SQLite::Database database = open_results(folder.path()); }
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 2) << "lock and results.db";
}

}  // namespace
}  // namespace neusemslice
