#include "data/archive_reader.hpp"

#include <gmock/gmock.h>

#include "core/files.hpp"
#include "data/image_samples.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

using Contents = std::vector<std::pair<std::string, std::string>>;

Contents read_all(const fs::path& path) {
  ArchiveReader archive(path);
  Contents contents;
  while (const auto member = archive.next()) contents.emplace_back(*member, archive.read());
  return contents;
}

class ArchiveReading : public testing::Test {
 protected:
  fs::path tar(const std::vector<TarMember>& members, const std::string& name = "a.tar.gz") {
    return write_tar(folder.path() / name, members);
  }
  /// What reading an archive with this member after a good one is refused with.
  std::string refusal(const TarMember& member) {
    const fs::path path = tar({{"good.txt", "good", ""}, member});
    return message_of<InputError>([&] { read_all(path); });
  }
  TemporaryFolder folder;
};

TEST_F(ArchiveReading, GivesFilesInTheirOrderPackedOrNot) {
  const std::vector<TarMember> members = {{"b/2.txt", "two", ""}, {"./a/1.txt", std::string(100000, 'x'), ""}};
  for (const char* name : {"a.tar.gz", "a.tar", "misnamed.zip"}) {
    EXPECT_THAT(read_all(tar(members, name)),
                ElementsAre(Pair("b/2.txt", "two"), Pair("a/1.txt", std::string(100000, 'x'))));
  }
}

TEST_F(ArchiveReading, AMemberCanBeSkipped) {
  ArchiveReader archive(tar({{"one", "1", ""}, {"two", "2", ""}}));
  archive.next();
  EXPECT_EQ(archive.next(), "two");
  EXPECT_EQ(archive.read(), "2");
}

TEST_F(ArchiveReading, RefusesMembersThatLeadOutside) {
  EXPECT_THAT(
      refusal({"../evil.jpg", "x", ""}),
      AllOf(HasSubstr("a.tar.gz"), HasSubstr("the member '../evil.jpg' leads out of the archive's own folder")));
  EXPECT_THAT(refusal({"train/../../evil.jpg", "x", ""}), HasSubstr("leads out"));
  EXPECT_THAT(refusal({"/etc/passwd", "x", ""}), HasSubstr("'/etc/passwd' leads out"));
  EXPECT_THAT(refusal({"train/link.jpg", "", "/etc/passwd"}), HasSubstr("'train/link.jpg' is a link or a device"));
}

TEST_F(ArchiveReading, NamesWithDotsInsideAreNoDanger) {
  EXPECT_THAT(read_all(tar({{"a..b/c...d", "x", ""}})), ElementsAre(Pair("a..b/c...d", "x")));
}

TEST_F(ArchiveReading, ACutArchiveIsRefusedWhereverItIsCut) {
  const fs::path path = tar(cats_and_dogs(8, 3));
  const std::string whole = read_file(path);
  for (std::size_t size = 0; size + 1 < whole.size(); size += whole.size() / 10) {
    write(path, whole.substr(0, size));
    EXPECT_THAT(message_of<InputError>([&] { read_all(path); }), HasSubstr("a.tar.gz")) << size;
  }
}

TEST_F(ArchiveReading, SaysWhatIsNoArchive) {
  const fs::path path = write(folder.path() / "a.tar.gz", "this is not an archive");
  EXPECT_THAT(message_of<InputError>([&] { read_all(path); }), HasSubstr("a.tar.gz"));
  EXPECT_THAT(message_of<InputError>([&] { ArchiveReader(folder.path() / "none.tar"); }),
              HasSubstr("none.tar: cannot be read as a tar archive"));
}

}  // namespace
}  // namespace neusemslice::testing_data
