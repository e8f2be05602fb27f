#include "core/files.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/memory.hpp"
#include "support/file_size_limit.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::FileSizeLimit;
using test_support::message_of;
using test_support::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(ReadFile, GivesEveryByte) {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\r\n\xff", 6);
  std::ofstream(folder / "file", std::ios::binary) << bytes;
  EXPECT_EQ(read_file(folder / "file"), bytes);
}

TEST(ReadFile, AnEmptyFileIsEmptyText) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file").flush();
  EXPECT_EQ(read_file(folder / "file"), "");
}

TEST(ReadFile, NamesTheMissingFile) {
  EXPECT_EQ(message_of<InputError>([] { read_file("/nowhere/file"); }),
            "/nowhere/file: cannot be opened: No such file or directory");
}

TEST(ReadFile, AFolderIsNoFile) {
  EXPECT_EQ(message_of<InputError>([] { read_file("/tmp"); }), "/tmp: cannot be read: it is a folder");
}

TEST(WriteFileAtomically, MakesMissingFoldersAndLeavesOnlyTheFile) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a/b/file", "content");
  EXPECT_EQ(read_file(folder / "a/b/file"), "content");
  EXPECT_THAT(names_in(folder / "a/b"), ElementsAre("file"));
}

TEST(WriteFileAtomically, ReplacesAnOlderFileWhole) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "a long old text");
  write_file_atomically(folder / "file", "new");
  EXPECT_EQ(read_file(folder / "file"), "new");
}

TEST(WriteFileAtomically, ADiskThatFillsHalfWayKeepsTheOldFileAndLeavesNothingElse) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "old");
  const std::string message = message_of<InputError>([&] {
    const FileSizeLimit limit(1000);
    write_file_atomically(folder / "file", std::string(5000, 'x'));
  });
  EXPECT_EQ(message, (folder / "file").string() + ": cannot be written: File too large (5 kB needed)");
  EXPECT_EQ(read_file(folder / "file"), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

TEST(WriteFileAtomically, AFileInThePlaceOfAFolderIsNamed) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "a file");
  const std::string message = message_of<InputError>([&] { write_file_atomically(folder / "file/below", "x"); });
  EXPECT_THAT(message, AllOf(HasSubstr((folder / "file").string()), HasSubstr("cannot be made")));
}

TEST(WriteFileAtomically, AFolderInThePlaceOfTheFileIsNamedAndNothingIsLeft) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "target/inside");
  const std::string message = message_of<InputError>([&] { write_file_atomically(folder / "target", "x"); });
  EXPECT_EQ(message, (folder / "target").string() + ": cannot be written: Is a directory (1 bytes needed)");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("target"));
}

TEST(WriteFileAtomically, AFileSystemThatTakesNoFilesIsNamed) {
  EXPECT_THAT(message_of<InputError>([] { write_file_atomically("/proc/neusemslice", "x"); }),
              HasSubstr("/proc/neusemslice: cannot be written: "));
}

/// Writes `file` again and again, each time all of one letter, until it is killed.
[[noreturn]] void write_for_ever(const fs::path& file) {
  for (char letter = 'a';; letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1)) {
    write_file_atomically(file, std::string(300'000, letter));
  }
}

TEST(WriteFileAtomically, AKilledProcessLeavesAWholeFileAndAtMostItsTemporaryOne) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", std::string(300'000, 'a'));
  for (int round = 0; round < 10; ++round) {
    const pid_t child = ::fork();
    if (child == 0) write_for_ever(folder / "file");
    ::usleep(static_cast<useconds_t>(3000 + 1700 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string bytes = read_file(folder / "file");
    EXPECT_EQ(bytes, std::string(300'000, bytes.front()));
    for (const std::string& name : names_in(folder.path())) {
      EXPECT_TRUE(name == "file" || name.ends_with(".nss-tmp")) << name;
    }
  }
}

TEST(CreateFolder, AnExistingFolderIsFine) {
  const TemporaryFolder folder;
  create_folder(folder / "a/b");
  create_folder(folder / "a/b");
  EXPECT_THAT(names_in(folder / "a/b"), IsEmpty());
}

TEST(HumanBytes, HasAtMostFourDigits) {
  EXPECT_EQ(human_bytes(0), "0 bytes");
  EXPECT_EQ(human_bytes(999), "999 bytes");
  EXPECT_EQ(human_bytes(1000), "1 kB");
  EXPECT_EQ(human_bytes(310'400), "310 kB");
  EXPECT_EQ(human_bytes(999'499), "999 kB");
  EXPECT_EQ(human_bytes(999'500), "1.0 MB");
  EXPECT_EQ(human_bytes(1'440'000), "1.4 MB");
  EXPECT_EQ(human_bytes(999'949'999), "999.9 MB");
  EXPECT_EQ(human_bytes(999'950'000), "1.0 GB");
  EXPECT_EQ(human_bytes(80'000'000'000), "80.0 GB");
}

TEST(HumanSeconds, NeverRoundsIntoTheNextUnit) {
  EXPECT_EQ(human_seconds(0), "0 ms");
  EXPECT_EQ(human_seconds(0.0412), "41 ms");
  EXPECT_EQ(human_seconds(0.9994), "999 ms");
  EXPECT_EQ(human_seconds(0.9996), "1.0 s");
  EXPECT_EQ(human_seconds(3.21), "3.2 s");
  EXPECT_EQ(human_seconds(59.94), "59.9 s");
  EXPECT_EQ(human_seconds(59.96), "1 min 00 s");
  EXPECT_EQ(human_seconds(192), "3 min 12 s");
  EXPECT_EQ(human_seconds(3599.4), "59 min 59 s");
  EXPECT_EQ(human_seconds(3840), "1 h 04 min");
}

TEST(UtcNow, IsIso8601WithMilliseconds) {
  EXPECT_THAT(utc_now(),
              MatchesRegex("20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9][.][0-9][0-9][0-9]Z"));
}

TEST(WriteFilesAtomically, OneThatCannotBeWrittenKeepsAllOldOnes) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "scores", "old");
  write_file_atomically(folder / "file", "in the way");
  EXPECT_THROW(write_files_atomically({{folder / "scores", "new"}, {folder / "file" / "slice", "new"}}), InputError);
  EXPECT_EQ(read_file(folder / "scores"), "old");
}

TEST(PeakMemory, GrowsWithWhatIsUsed) {
  const std::int64_t before = peak_memory_bytes();
  const std::vector<char> used(static_cast<std::size_t>(before) + 50'000'000, 1);
  EXPECT_GE(peak_memory_bytes(), before + 50'000'000);
  EXPECT_EQ(used.back(), 1);
}

}  // namespace
}  // namespace neusemslice
