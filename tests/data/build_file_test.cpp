#include "data/build_file.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "core/files.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::uint8_t> kAbc = {'a', 'b', 'c'};

TEST(BuildFile, TakesItsNameOnlyWhenItIsFinished) {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "new/file";
  {
    BuildFile file(target);
    file.write_at(3, kAbc);
    file.write_at(0, kAbc);
    std::vector<std::uint8_t> back(2);
    file.read_at(4, back);
    EXPECT_THAT(back, ElementsAre('b', 'c'));
    file.set_size(4);
    EXPECT_FALSE(fs::exists(target));
    file.become_target();
  }
  EXPECT_EQ(read_file(target), "abca");
  EXPECT_FALSE(fs::exists(target.string() + ".part"));
}

TEST(BuildFile, IsRemovedWhenItIsNotFinished) {
  const TemporaryFolder folder;
  { BuildFile(folder.path() / "file").write_at(0, kAbc); }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(BuildFile, OneOfManyBuildersMakesItAndTheOthersFindIt) {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "file";
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> builders;
    for (int i = 0; i < 8; ++i) {
      builders.emplace_back([&] {
        BuildFile file(target);
        if (fs::exists(target)) return;
        ++made;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        file.write_at(0, kAbc);
        file.become_target();
      });
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(read_file(target), "abc");
  EXPECT_FALSE(fs::exists(target.string() + ".part"));
}

TEST(BuildFile, WhenABuilderGivesUpTheNextOneTries) {
  const TemporaryFolder folder;
  const fs::path target = folder.path() / "file";
  std::atomic<int> tries = 0;
  {
    std::vector<std::jthread> builders;
    for (int i = 0; i < 4; ++i) {
      builders.emplace_back([&] {
        BuildFile file(target);
        if (fs::exists(target) || ++tries < 3) return;
        file.write_at(0, kAbc);
        file.become_target();
      });
    }
  }
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(read_file(target), "abc");
}

TEST(BuildFile, WhatAKilledProcessLeftIsTakenOver) {
  const TemporaryFolder folder;
  write(folder.path() / "file.part", "half of an older file");
  BuildFile file(folder.path() / "file");
  file.set_size(0);
  file.write_at(0, kAbc);
  file.become_target();
  EXPECT_EQ(read_file(folder.path() / "file"), "abc");
}

TEST(BuildFile, APlaceThatCannotBeWrittenIsAnInputError) {
  EXPECT_THAT(message_of<InputError>([] { BuildFile("/proc/none/file"); }), HasSubstr("/proc/none"));
}

}  // namespace
}  // namespace neusemslice::testing_data
