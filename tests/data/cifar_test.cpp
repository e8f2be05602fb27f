#include "data/cifar.hpp"

#include <gmock/gmock.h>

#include "core/hash.hpp"
#include "data/image_samples.hpp"
#include "data/locate.hpp"
#include "data/samples.hpp"
#include "data/verify.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Cifar : public testing::Test {
 protected:
  fs::path archive(const std::vector<TarMember>& members) {
    return write_tar(folder.path() / "cifar-10-binary.tar.gz", members);
  }
  std::string refusal(const std::vector<TarMember>& members) {
    const fs::path path = archive(members);
    return message_of<InputError>([&] { read_cifar(path, cifar_format("cifar10")); });
  }
  const std::vector<TarMember> tiny = tiny_cifar("cifar10");
  TemporaryFolder folder;
};

TEST_F(Cifar, BatchesFollowEachOtherAndTheTestBatchStandsAlone) {
  const CifarData data = read_cifar(archive(tiny), cifar_format("cifar10"));
  EXPECT_THAT(data.training.labels, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(data.test.labels, ElementsAre(0, 1));
  ASSERT_EQ(data.training.pixels.size(), 10U * 3072);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(data.training.pixels[3072 * i], i);             // tiny_cifar: pixel p of record i is (i + p) % 256
    EXPECT_EQ(data.training.pixels[3072 * i + 1025], i + 1);  // the second pixel of the green plane
  }
}

TEST_F(Cifar, OfAHundredCategoriesTheFineLabelCounts) {
  const CifarData data = read_cifar(archive(tiny_cifar("cifar100")), cifar_format("cifar100"));
  EXPECT_THAT(data.training.labels, ElementsAre(0, 1));
  EXPECT_EQ(data.training.pixels.size(), 2U * 3072);
  EXPECT_EQ(data.training.pixels[3072], 1);
}

TEST_F(Cifar, IsTheSamePackedAndUnpackedInAnyOrder) {
  std::vector<TarMember> members = tiny;
  std::swap(members[0], members[5]);
  const CifarData packed = read_cifar(archive(members), cifar_format("cifar10"));
  write_folder(folder.path() / "here", members);
  for (const char* place : {"here", "here/cifar-10-batches-bin"}) {
    const CifarData unpacked = read_cifar(folder.path() / place, cifar_format("cifar10"));
    EXPECT_EQ(unpacked.fingerprint, packed.fingerprint);
    EXPECT_EQ(unpacked.training.pixels, packed.training.pixels);
  }
  std::string digests;
  for (const TarMember& member : tiny) digests += sha256_hex(member.content) + "\n";
  EXPECT_EQ(packed.fingerprint, sha256_hex(digests));
}

TEST_F(Cifar, WhatIsMissingOrCutOrNoCategoryIsNamed) {
  std::vector<TarMember> members = tiny;
  members[2].content.pop_back();
  EXPECT_THAT(refusal(members), HasSubstr("cifar-10-binary.tar.gz: data_batch_3.bin: has 6145 bytes, which is no whole "
                                          "number of records of 3073"));
  members = tiny;
  members[1].content[3073] = 10;
  EXPECT_THAT(refusal(members), HasSubstr("data_batch_2.bin: label 1 is 10, but there are 10 categories (0 to 9)"));
  members.erase(members.begin() + 4);
  EXPECT_THAT(refusal({members.begin(), members.begin() + 1}),
              HasSubstr("does not hold data_batch_2.bin of CIFAR's binary version"));
}

TEST_F(Cifar, ItsArchiveOrFolderIsFound) {
  const DatasetInfo& info = find_dataset("cifar10");
  EXPECT_THAT(message_of<InputError>([&] { locate_archive(info, folder.path()); }),
              HasSubstr("cifar10: no folder holds cifar-10-binary.tar.gz or its folder cifar-10-batches-bin"));
  write_folder(folder.path(), tiny);
  EXPECT_EQ(locate_archive(info, folder.path()), folder.path() / "cifar-10-batches-bin");
  EXPECT_EQ(locate_archive(info, folder.path() / "cifar-10-batches-bin"), folder.path() / "cifar-10-batches-bin");
  EXPECT_EQ(locate_archive(info, archive(tiny).parent_path()), folder.path() / "cifar-10-binary.tar.gz");
}

TEST_F(Cifar, TheArchiveIsVerifiedByItsPublishedMd5) {
  const fs::path path = archive(tiny);
  DatasetFile file = find_dataset("cifar10").archive->file;
  EXPECT_THAT(check_file(file, path).problem, HasSubstr("c32a1d4ab5d03f1284b67883e8d87530 expected"));
  file.packed_md5 = md5_hex(std::string("abc"));
  EXPECT_EQ(file.packed_md5, "900150983cd24fb0d6963f7d28e17f72") << "RFC 1321's test suite";
  write(path, "abc");
  EXPECT_TRUE(check_file(file, path).is_official());
}

TEST(VerifyByMd5, OfPackedFilesIsAllThatSomePublish) {
  const TemporaryFolder folder;
  const std::string packed = gzip(idx_labels({0, 1}));
  DatasetFile file{.name = "labels", .bytes = 10, .sha256 = "", .samples = 2, .packed_md5 = md5_hex(packed)};
  const fs::path path = write(folder.path() / "labels.gz", packed);
  EXPECT_TRUE(check_file(file, path).is_official());
  EXPECT_EQ(check_file(file, path).samples, 2);
  write(path, idx_labels({0, 1}));
  EXPECT_THAT(check_file(file, path).problem, HasSubstr("is not the .gz as distributed"));
  file.packed_md5.clear();
  EXPECT_TRUE(check_file(file, path).is_official()) << "only its size is known";
  write(path, idx_labels({0, 1, 1}));
  EXPECT_THAT(check_file(file, path).problem, HasSubstr("holds 3 samples in 11 bytes, 2 in 10 expected"));
}

}  // namespace
}  // namespace neusemslice::testing_data
