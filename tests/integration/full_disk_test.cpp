// A disk that is full, at every step: one line, nothing half written, and the same command goes on once there is room.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/mount.h>

#include "core/files.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

constexpr std::size_t kDiskBytes = 4 << 20;

/// A file system of four megabytes in memory, as long as this lives; needs root and a machine that lets it mount.
class SmallDisk {
 public:
  SmallDisk() : mounted_(::mount("none", folder_.path().c_str(), "tmpfs", 0, "size=4m") == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] fs::path operator/(const std::string& name) const { return folder_ / name; }

  /// Fills it so that `bytes` are free.
  void leave(std::size_t bytes) const {
    const std::size_t available = fs::space(folder_.path()).available;
    if (available > bytes) write_file_atomically(filler(), std::string(available - bytes, 'x'));
  }
  void make_room() const { fs::remove(filler()); }

 private:
  [[nodiscard]] fs::path filler() const { return folder_ / "filler"; }

  TemporaryFolder folder_;
  bool mounted_;
};

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_FASHION_MNIST();
    if (!disk.mounted()) GTEST_SKIP() << "needs root and a machine that lets it mount a tmpfs";
  }
  [[nodiscard]] std::string out() const { return (disk / "out").string(); }

  SmallStudy study;
  SmallDisk disk;
};

void expect_refusal(const Outcome& outcome, const std::string& place) {
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, MatchesRegex("neusemslice: [^\n]*\n"));
  EXPECT_THAT(outcome.err, HasSubstr(place));
}

TEST_F(FullDisk, EveryStepRefusesLeavesNothingAndWorksOnceThereIsRoom) {
  const std::string model = (study / "model.safetensors").string();
  const std::vector<std::string> user = {"--weights",     model,        "--dataset",
                                         "fashion-mnist", "--data-dir", study.path("data")};
  const auto with_user = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), user.begin(), user.end());
    return arguments;
  };
  const std::vector<std::string> train = {"train", study.path("setting.yaml"), "--data-dir", study.path("data"),
                                          "--out"};
  ASSERT_EQ(run({train[0], train[1], train[2], train[3], train[4], model}).exit_code, 0);
  write_file_atomically(study / "slice.json", R"({"layers": {"fc1": [0, 3, 5], "fc2": [1, 2]}})");
  const std::vector<std::vector<std::string>> steps = {
      {train[0], train[1], train[2], train[3], train[4], out() + "/model.safetensors"},
      with_user({"score", "--out", out()}),
      with_user({"slice", "--out", out()}),
      with_user({"restructure", "--slice", study.path("slice.json"), "--out", out() + "/cut.safetensors"}),
      {"report", finished_workspace().string(), "--out", out()}};
  for (const std::vector<std::string>& step : steps) {
    disk.leave(4096);
    expect_refusal(run(step), out());
    for (const std::string& file : files_below(out()))
      EXPECT_THAT(file, testing::Not(HasSubstr(".nss-tmp"))) << step[0];
    disk.make_room();
    EXPECT_EQ(run(step).exit_code, 0) << step[0];
    fs::remove_all(out());
  }
}

TEST_F(FullDisk, ARunStopsAtAnyFillLevelAndContinuesOnceThereIsRoom) {
  int stopped = 0;
  for (const std::size_t room : {0, 60'000, 250'000, 400'000, 500'000}) {
    const fs::path workspace = disk / fmt::format("workspace-{}", room);
    disk.leave(room);
    const Outcome full = run(study.run_arguments(workspace));
    if (full.exit_code != 0) {
      expect_refusal(full, workspace.string());
      ++stopped;
    }
    disk.make_room();
    const Outcome resumed = run(study.run_arguments(workspace, {"--json"}));
    ASSERT_EQ(resumed.exit_code, 0) << room << ": " << resumed.err;
    auto measured = results(workspace);
    EXPECT_EQ(measured, results(finished_workspace())) << "with room for " << room;
    EXPECT_THAT(unmatched_artifacts(workspace), IsEmpty());
    fs::remove_all(workspace);
  }
  EXPECT_GE(stopped, 4);
}

}  // namespace
}  // namespace neusemslice
