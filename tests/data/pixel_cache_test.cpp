#include "data/pixel_cache.hpp"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>

#include "core/files.hpp"
#include "data/captured_log.hpp"
#include "data/image_samples.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

class PixelCaches : public testing::Test {
 protected:
  PixelCache open(const fs::path& source, const ImageTransform& transform = kAsTheyAre, int decoders = 3) {
    return open_pixel_cache(source, kCatsAndDogs, transform, cache, decoders);
  }
  PixelCache open(const std::vector<TarMember>& members, const ImageTransform& transform = kAsTheyAre) {
    return open(write_tar(folder.path() / "pets.tar.gz", members), transform);
  }
  std::string refusal(const std::vector<TarMember>& members) {
    std::string message = message_of<InputError>([&] { open(members); });
    EXPECT_THAT(files_below(cache), IsEmpty()) << "nothing may be left of " << message;
    return message;
  }
  /// The pixels of sample `index`, as planes.
  static std::vector<std::uint8_t> planes_of(const PixelCache& opened, std::int64_t index) {
    const std::string content = read_file(opened.path);
    const std::int64_t bytes = 3 * opened.side * opened.side;
    const auto begin = content.begin() + opened.images_offset + index * bytes;
    return {begin, begin + bytes};
  }
  static std::vector<std::uint8_t> planes_of(const RgbImage& image) {
    std::vector<std::uint8_t> planes(image.pixels.size());
    keep_square(image, {.image_size = image.height}, planes);
    return planes;
  }

  static constexpr ImageTransform kAsTheyAre{.resize = 0, .image_size = 8};
  TemporaryFolder folder;
  fs::path cache = folder.path() / "cache";
};

TEST_F(PixelCaches, HoldTrainingThenTestByCategoryAndName) {
  const PixelCache opened = open(cats_and_dogs(8, 2));  // shifts 0 1: test cats, 2 3: test dogs, 4 5: cats, 6 7: dogs
  EXPECT_EQ(opened.samples, 8);
  EXPECT_EQ(opened.training_samples, 4);
  EXPECT_THAT(opened.labels, ElementsAre(0, 0, 1, 1, 0, 0, 1, 1));
  const std::vector<std::int64_t> shifts = {4, 5, 6, 7, 0, 1, 2, 3};
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    EXPECT_EQ(planes_of(opened, static_cast<std::int64_t>(i)), planes_of(pattern(8, 8, shifts[i]))) << i;
  }
}

TEST_F(PixelCaches, AreTheSameForAFolderAnArchiveAndAnyOrderOfItsMembers) {
  std::vector<TarMember> members = cats_and_dogs(8, 50);
  const PixelCache packed = open(members);
  std::ranges::reverse(members);
  std::swap(members[3], members[70]);
  const PixelCache reversed = open(members);
  write_folder(folder.path() / "unpacked", members);
  const PixelCache unpacked = open(folder.path() / "unpacked", kAsTheyAre, 1);
  EXPECT_NE(packed.path, unpacked.path);
  EXPECT_EQ(read_file(packed.path), read_file(unpacked.path));
  EXPECT_EQ(read_file(packed.path), read_file(reversed.path));
  EXPECT_EQ(packed.fingerprint, unpacked.fingerprint);
}

TEST_F(PixelCaches, HaveAnotherFingerprintWhenOnePixelDiffers) {
  std::vector<TarMember> members = cats_and_dogs(8, 2);
  const std::string before = open(members).fingerprint;
  RgbImage image = pattern(8, 8, 7);
  ++image.pixels.back();
  members.back().content = png(image);
  EXPECT_NE(open(members).fingerprint, before);
}

TEST_F(PixelCaches, AreMadeOnce) {
  const PixelCache first = open(cats_and_dogs(8, 2));
  const auto made = fs::last_write_time(first.path);
  EXPECT_EQ(open(folder.path() / "pets.tar.gz").path, first.path);
  EXPECT_EQ(fs::last_write_time(first.path), made);
  EXPECT_NE(open(folder.path() / "pets.tar.gz", {.resize = 16, .image_size = 8}).path, first.path);
}

TEST_F(PixelCaches, AreMadeAgainWhenTheyAreDamaged) {
  const PixelCache first = open(cats_and_dogs(8, 2));
  const std::string whole = read_file(first.path);
  for (const std::size_t size : {std::size_t{3}, std::size_t{8000}, whole.size() - 1}) {
    fs::resize_file(first.path, size);
    open(folder.path() / "pets.tar.gz");
    EXPECT_EQ(read_file(first.path), whole);
  }
}

TEST_F(PixelCaches, ServeManyBuildersAtOnce) {
  const fs::path source = write_tar(folder.path() / "pets.tar.gz", cats_and_dogs(8, 100));
  std::vector<std::string> fingerprints(6);
  {
    std::vector<std::jthread> builders;
    for (std::string& fingerprint : fingerprints) {
      builders.emplace_back([&] { fingerprint = open(source, kAsTheyAre, 2).fingerprint; });
    }
  }
  EXPECT_THAT(fingerprints, testing::Each(fingerprints.front()));
  EXPECT_EQ(files_below(cache).size(), 1U);
}

TEST_F(PixelCaches, KeepWhatCropsNeed) {
  std::vector<TarMember> members = cats_and_dogs(8, 1);
  for (TarMember& member : members) member.content = png(pattern(37, 53));
  const ImageTransform transform{.resize = 16, .image_size = 11};
  const PixelCache opened = open(members, transform);
  EXPECT_EQ(opened.side, 16);
  std::vector<std::uint8_t> expected(3 * 16 * 16);
  keep_square(pattern(37, 53), transform, expected);
  EXPECT_EQ(planes_of(opened, 0), expected);
}

TEST_F(PixelCaches, LeaveACorruptImageOutAndNameItEveryTime) {
  std::vector<TarMember> members = cats_and_dogs(8, 60);
  members[125].content.resize(40);  // the sixth cat of the training images
  for (int time = 0; time < 2; ++time) {
    const CapturedLog log;
    const PixelCache opened = open(members);
    EXPECT_EQ(opened.samples, 239);
    EXPECT_EQ(opened.training_samples, 119);
    EXPECT_EQ(planes_of(opened, 5), planes_of(pattern(8, 8, 126)));
    EXPECT_EQ(planes_of(opened, 118), planes_of(pattern(8, 8, 239)));
    EXPECT_EQ(planes_of(opened, 119), planes_of(pattern(8, 8, 0)));
    EXPECT_THAT(log.text(), HasSubstr("pets.tar.gz: 1 of 240 images are corrupt and left out: train/cat/005.png ("));
  }
}

TEST_F(PixelCaches, RefuseMoreThanAFewCorruptImages) {
  std::vector<TarMember> members = cats_and_dogs(8, 60);
  members[0].content = "GIF89a";
  members[70].content.clear();
  EXPECT_EQ(open(members).samples, 238);  // 2 of 240: less than 1 %
  fs::remove_all(cache);
  members[200].content.clear();
  EXPECT_THAT(refusal(members), HasSubstr("pets.tar.gz: 3 of 240 images are corrupt, more than 1 %, such as "
                                          "test/cat/000.png (it is neither JPEG nor PNG); copy or download it again"));
}

TEST_F(PixelCaches, RefuseALostClass) {
  std::vector<TarMember> members = cats_and_dogs(8, 1);
  members[3].content.clear();
  EXPECT_THAT(refusal(members), HasSubstr("every image in train/dog/ is corrupt, such as train/dog/000.png (it is "
                                          "empty)"));
  members.pop_back();
  EXPECT_THAT(refusal(members), HasSubstr("pets.tar.gz: the class folder train/dog/ is missing or has no images"));
  EXPECT_THAT(refusal({{"other.txt", "", ""}}), HasSubstr("the class folder train/cat/ is missing"));
}

TEST_F(PixelCaches, RefuseAnImageOfAnotherSize) {
  std::vector<TarMember> members = cats_and_dogs(8, 2);
  members[6].content = png(pattern(8, 9));
  EXPECT_THAT(refusal(members), HasSubstr("pets.tar.gz: train/dog/000.png has 8 x 9 pixels, but image_size is 8 and "
                                          "there is no resize"));
}

TEST_F(PixelCaches, RefuseAnArchiveThatIsCutOrLeadsOutside) {
  std::vector<TarMember> members = cats_and_dogs(8, 20);
  const fs::path source = write_tar(folder.path() / "pets.tar.gz", members);
  fs::resize_file(source, fs::file_size(source) / 2);
  EXPECT_THAT(message_of<InputError>([&] { open(source); }),
              HasSubstr("pets.tar.gz: cannot be read as a tar archive: truncated gzip input"));
  EXPECT_THAT(files_below(cache), IsEmpty());
  members.push_back({"../train/cat/x.png", "", ""});
  EXPECT_THAT(refusal(members), HasSubstr("leads out of the archive's own folder"));
}

TEST_F(PixelCaches, SayWhenTheDiskIsFull) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  fs::create_directories(cache);
  const fs::path source = write_tar(folder.path() / "pets.tar.gz", cats_and_dogs(8, 2));
  const fs::path path = open(source).path;
  fs::remove(path);
  fs::create_symlink("/dev/full", path.string() + ".part");
  const std::string message = message_of<InputError>([&] { open(source); });
  EXPECT_THAT(message, AllOf(HasSubstr("cannot be written"), HasSubstr("NEUSEMSLICE_CACHE")));
}

}  // namespace
}  // namespace neusemslice::testing_data
