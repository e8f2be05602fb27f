#include "data/idx.hpp"

#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <unistd.h>

#include "core/files.hpp"
#include "core/memory.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Two images of 1 x 3 pixels, and what they must become.
const std::string kTwoImages = word(0x00000803) + word(2) + word(1) + word(3) + "\x01\x02\x03\xfd\xfe\xff";

void expect_two_images(const IdxImages& images) {
  EXPECT_EQ(images.count, 2);
  EXPECT_EQ(images.height, 1);
  EXPECT_EQ(images.width, 3);
  EXPECT_THAT(images.pixels, ElementsAre(1, 2, 3, 253, 254, 255));
}

TEST(Idx, ReadsImagesAndLabelsByHand) {
  const TemporaryFolder folder;
  expect_two_images(read_idx_images(write(folder.path() / "images", kTwoImages)));
  EXPECT_THAT(read_idx_labels(write(folder.path() / "labels", idx_labels({7, 0, 9}))), ElementsAre(7, 0, 9));
}

TEST(Idx, TellsGzipByContentNotByName) {
  const TemporaryFolder folder;
  expect_two_images(read_idx_images(write(folder.path() / "packed-without-the-name", gzip(kTwoImages))));
  expect_two_images(read_idx_images(write(folder.path() / "plain.gz", kTwoImages)));
}

TEST(Idx, JoinsGzipMembersAsGzipDoes) {
  const TemporaryFolder folder;
  const std::string packed = gzip(kTwoImages.substr(0, 18)) + gzip(kTwoImages.substr(18));
  expect_two_images(read_idx_images(write(folder.path() / "joined.gz", packed)));
}

TEST(Idx, UnpacksMoreThanTheGzipTrailerPromises) {
  const TemporaryFolder folder;
  const std::string large = idx_images(100, 28);
  const std::string packed = gzip(large.substr(0, 70000)) + gzip(large.substr(70000));
  EXPECT_EQ(read_idx_images(write(folder.path() / "large.gz", packed)).pixels.size(), 100 * 28 * 28);
}

/// `bytes` read as images (or labels) must fail with a message that has all of `pieces`.
struct BadFile {
  std::string name;
  std::string bytes;
  std::vector<std::string> pieces;
  bool as_labels = false;
};

void PrintTo(const BadFile& bad, std::ostream* out) {
  *out << bad.name;
}

std::string damaged_gzip() {
  std::string packed = gzip(kTwoImages);
  packed[packed.size() - 8] ^= 0x55;  // the check sum of the content
  return packed;
}

std::vector<BadFile> bad_files() {
  const std::string images = word(0x00000803);
  const std::string packed = gzip(idx_images(10, 28));
  return {
      {"empty", "", {"is empty"}},
      {"gzip_of_nothing", gzip(""), {"is empty"}},
      {"gzip_cut_in_the_data", packed.substr(0, packed.size() / 2), {"ends early", "download it again"}},
      {"gzip_cut_in_the_trailer", packed.substr(0, packed.size() - 1), {"ends early"}},
      {"gzip_cut_in_the_header", packed.substr(0, 4), {"ends early"}},
      {"gzip_with_a_wrong_check_sum", damaged_gzip(), {"damaged at byte", "incorrect data check"}},
      {"gzip_followed_by_rubbish", packed + "rubbish", {"damaged at byte", "incorrect header check"}},
      {"labels_for_images", idx_labels({1, 2, 3}), {"holds labels (magic 0x00000801), images expected", "swapped"}},
      {"images_for_labels", kTwoImages, {"holds images (magic 0x00000803), labels expected"}, true},
      {"web_page", "<!DOCTYPE html><html>not found</html>", {"not an IDX file of images", "0x3c21444f"}},
      {"float_images", word(0x00000d03) + word(1) + word(1) + word(1) + word(0), {"not an IDX file", "0x00000d03"}},
      {"three_bytes", "abc", {"not an IDX file", "3 bytes"}},
      {"cut_in_the_header", images + word(2) + "\1\2", {"ends inside its header (10 of 16 bytes)"}},
      {"truncated", kTwoImages.substr(0, 20), {"cut short", "2 images of 1 x 3 pixels = 6 bytes, 4 follow"}},
      {"truncated_labels", word(0x00000801) + word(5) + "\1\2", {"cut short", "5 labels = 5 bytes, 2 follow"}, true},
      {"trailing_bytes", kTwoImages + "xyz", {"3 bytes too many", "2 images of 1 x 3 pixels"}},
      {"no_images", images + word(0) + word(28) + word(28), {"0 images", "nothing can be learnt"}},
      {"images_without_pixels", images + word(5) + word(0) + word(28), {"5 images of 0 x 28 pixels"}},
      {"no_labels", word(0x00000801) + word(0), {"0 labels"}, true},
      {"count_of_gigabytes",
       images + word(0xffffffff) + word(28) + word(28) + "abc",
       {"4294967295 images", "3 follow"}},
      {"count_beyond_64_bits", images + word(0xffffffff) + word(0xffffffff) + word(0xffffffff), {"any file can hold"}},
  };
}

class BadIdxFile : public testing::TestWithParam<BadFile> {};

TEST_P(BadIdxFile, IsRefusedWithOneClearLine) {
  const TemporaryFolder folder;
  const std::filesystem::path path = write(folder.path() / "bad-file", GetParam().bytes);
  const std::string message =
      message_of<InputError>([&] { GetParam().as_labels ? void(read_idx_labels(path)) : void(read_idx_images(path)); });
  EXPECT_THAT(message, testing::StartsWith(path.string() + ": "));
  for (const std::string& piece : GetParam().pieces) EXPECT_THAT(message, HasSubstr(piece));
}

INSTANTIATE_TEST_SUITE_P(Idx, BadIdxFile, testing::ValuesIn(bad_files()),
                         [](const auto& instance) { return instance.param.name; });

TEST(Idx, ALyingHeaderTakesNoMemory) {
  const TemporaryFolder folder;
  const std::string lie = word(0x00000803) + word(4000000000U) + word(1) + word(1) + "few";
  const std::int64_t before = peak_memory_bytes();
  EXPECT_THROW(read_idx_images(write(folder.path() / "lie", lie)), InputError);
  EXPECT_LT(peak_memory_bytes() - before, 100'000'000);
}

TEST(Idx, MissingFilesAndFoldersAreNamed) {
  const TemporaryFolder folder;
  const std::string missing = message_of<InputError>([&] { read_idx_images(folder.path() / "none.gz"); });
  EXPECT_THAT(missing, testing::AllOf(HasSubstr("none.gz"), HasSubstr("No such file")));
  EXPECT_THAT(message_of<InputError>([&] { read_idx_images(folder.path()); }), HasSubstr("it is a folder"));
}

TEST(Idx, UnreadableFilesAreNamed) {
  const TemporaryFolder folder;
  const std::filesystem::path path = write(folder.path() / "secret", kTwoImages);
  std::filesystem::permissions(path, std::filesystem::perms::none);
  const uid_t user = ::geteuid();
  constexpr uid_t kNobody = 65534;
  if (user == 0 && ::seteuid(kNobody) != 0)
    GTEST_SKIP() << "root reads everything, and cannot become another user here";
  const std::string message = message_of<InputError>([&] { read_idx_images(path); });
  ASSERT_EQ(::seteuid(user), 0);
  EXPECT_THAT(message, HasSubstr("Permission denied"));
}

TEST(Idx, CountsWithoutKeepingTheItems) {
  EXPECT_EQ(count_idx_samples(kTwoImages, "images"), 2);
  EXPECT_EQ(count_idx_samples(idx_labels({1, 2, 3}), "labels"), 3);
  EXPECT_THROW(count_idx_samples("", "empty"), InputError);
}

TEST(Idx, ReadsTheRealFashionMnist) {
  const std::filesystem::path folder = find_dataset("fashion-mnist").package_folder;
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the Debian package dataset-fashion-mnist is not installed";
  const IdxImages images = read_idx_images(folder / "t10k-images-idx3-ubyte.gz");
  const std::vector<std::uint8_t> labels = read_idx_labels(folder / "t10k-labels-idx1-ubyte.gz");
  EXPECT_EQ(images.pixels.size(), 10000 * 28 * 28);
  std::array<int, 10> per_category{};
  for (const std::uint8_t label : labels) ++per_category.at(label);
  EXPECT_THAT(per_category, testing::Each(1000));
}

}  // namespace
}  // namespace neusemslice::testing_data
