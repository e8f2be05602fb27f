// Whatever is wrong with a folder or an archive of images ends in one line on stderr, exit code 2 and no file in the
// cache; one corrupt image in one line, too, and the run goes on.
#include <algorithm>

#include <gmock/gmock.h>

#include "core/files.hpp"
#include "data/image_samples.hpp"
#include "integration/process.hpp"
#include "store/workspace_contents.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_data::TarMember;

/// 60 images of 8 x 8 pixels in each class folder, as an archive, and a setting that trains on them for an epoch.
class BadImages : public testing::Test {
 protected:
  BadImages() {
    write_file_atomically(
        folder / "pets.yaml",
        "name: pets\nformat: image-folder\npath: ./pets.tar.gz\nclasses: [cat, dog]\nimage_size: 8\n");
    write_file_atomically(folder / "setting.yaml",
                          "name: s\ndataset: pets.yaml\nmodel: {hidden: [4]}\nrecipe: {epochs: 1}\n");
  }

  Outcome train() {
    testing_data::write_tar(folder / "pets.tar.gz", members);
    return run_train();
  }
  [[nodiscard]] Outcome run_train() const {
    return run({"train", (folder / "setting.yaml").string(), "--out", (folder / "out/model.safetensors").string()},
               {"NEUSEMSLICE_LOG_LEVEL=warn", "NEUSEMSLICE_CACHE=" + (folder / "cache").string()});
  }

  void expect_refusal(const Outcome& outcome, const std::string& message) const {
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("neusemslice: ")) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("pets.tar.gz"));
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_THAT(files_below(folder / "cache"), IsEmpty());
    EXPECT_FALSE(fs::exists(folder / "out"));
  }

  TemporaryFolder folder;
  std::vector<TarMember> members = testing_data::cats_and_dogs(8, 60);
};

TEST_F(BadImages, ACorruptImageInAnArchiveIsNamedAndLeftOut) {
  members[130].content.resize(50);
  const Outcome outcome = train();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("1 of 240 images are corrupt and left out: train/cat/010.png"));
  EXPECT_TRUE(fs::exists(folder / "out/model.safetensors"));
}

TEST_F(BadImages, ManyCorruptImagesAreRefused) {
  for (std::size_t i = 100; i < 110; ++i) members[i].content = "no image";
  expect_refusal(train(), "10 of 240 images are corrupt, more than 1 %, such as test/dog/040.png");
}

TEST_F(BadImages, AMissingClassFolderIsRefused) {
  members.resize(180);
  expect_refusal(train(), "the class folder train/dog/ is missing or has no images");
}

TEST_F(BadImages, AnImageOfTheWrongSizeIsRefused) {
  members[77].content = testing_data::png(testing_data::pattern(9, 8));
  expect_refusal(train(), "test/dog/017.png has 9 x 8 pixels, but image_size is 8 and there is no resize");
}

TEST_F(BadImages, AnArchiveThatLeadsOutsideIsRefused) {
  members.push_back({"pets/train/../../../etc/cat/1.png", "x", ""});
  expect_refusal(train(), "leads out of the archive's own folder; refused");
  members.back() = {"pets/train/cat/link.png", "", "/etc/passwd"};
  expect_refusal(train(), "is a link or a device");
}

TEST_F(BadImages, ACutArchiveIsRefused) {
  testing_data::write_tar(folder / "pets.tar.gz", members);
  fs::resize_file(folder / "pets.tar.gz", fs::file_size(folder / "pets.tar.gz") * 3 / 4);
  expect_refusal(run_train(), "truncated gzip input");
}

TEST_F(BadImages, AMissingArchiveIsRefused) {
  expect_refusal(run_train(), "is not there, as a folder or an archive");
}

}  // namespace
}  // namespace neusemslice
