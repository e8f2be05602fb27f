#include "data/image_files.hpp"

#include <gmock/gmock.h>

#include "data/image_samples.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> read_names(const fs::path& source, const ImageLayout& layout = kCatsAndDogs) {
  std::vector<std::string> names;
  read_image_files(source, layout, [&](const ImageFile& file) { names.push_back(shown(file.place, layout)); });
  return names;
}

class ImageFiles : public testing::Test {
 protected:
  fs::path tar(const std::vector<TarMember>& members) { return write_tar(folder.path() / "pets.tar", members); }
  TemporaryFolder folder;
};

TEST_F(ImageFiles, AFolderIsReadInTheOrderOfPlacesAnArchiveInItsOwn) {
  const std::vector<TarMember> members = {{"pets/test/dog/1.png", "", ""},
                                          {"pets/train/dog/b.JPEG", "", ""},
                                          {"pets/train/dog/a.jpg", "", ""},
                                          {"pets/train/cat/z.jpeg", "", ""}};
  EXPECT_THAT(read_names(tar(members)),
              ElementsAre("test/dog/1.png", "train/dog/b.JPEG", "train/dog/a.jpg", "train/cat/z.jpeg"));
  write_folder(folder.path() / "unpacked", members);
  const auto in_order = ElementsAre("train/cat/z.jpeg", "train/dog/a.jpg", "train/dog/b.JPEG", "test/dog/1.png");
  EXPECT_THAT(read_names(folder.path() / "unpacked"), in_order) << "the folder around the image folder";
  EXPECT_THAT(read_names(folder.path() / "unpacked/pets"), in_order);
}

TEST_F(ImageFiles, OtherClassesHiddenAndOtherFilesAreLeftOut) {
  const std::vector<TarMember> members = {{"train/cat/1.png", "", ""},      {"train/cow/1.png", "", ""},
                                          {"train/cat/._1.png", "", ""},    {"train/cat/notes.txt", "", ""},
                                          {"validation/cat/1.png", "", ""}, {"README.png", "", ""}};
  EXPECT_THAT(read_names(tar(members)), ElementsAre("train/cat/1.png"));
  write_folder(folder.path() / "pets", members);
  EXPECT_THAT(read_names(folder.path() / "pets"), ElementsAre("train/cat/1.png"));
}

TEST_F(ImageFiles, TheClassListDecidesTheCategories) {
  std::vector<std::int64_t> categories;
  read_image_files(tar({{"val/dog/1.png", "", ""}, {"val/cat/1.png", "", ""}}), {"train", "val", {"cat", "dog"}},
                   [&](const ImageFile& file) { categories.push_back(file.place.category); });
  EXPECT_THAT(categories, ElementsAre(1, 0));
}

TEST_F(ImageFiles, AnImageThatIsThereTwiceIsRefused) {
  EXPECT_THAT(message_of<InputError>([&] {
                read_names(tar({{"p/train/cat/1.png", "", ""}, {"p/train/cat/1.png", "", ""}}));
              }),
              HasSubstr("pets.tar: holds p/train/cat/1.png twice"));
  EXPECT_THAT(message_of<InputError>([&] {
                read_names(tar({{"a/train/cat/1.png", "", ""}, {"b/train/cat/2.png", "", ""}}));
              }),
              HasSubstr("holds two image folders, 'a/train' and 'b/train'"));
}

TEST_F(ImageFiles, AFolderWithoutImageFoldersIsRefused) {
  fs::create_directories(folder.path() / "empty");
  EXPECT_THAT(message_of<InputError>([&] { read_names(folder.path() / "empty"); }),
              HasSubstr("holds no folder 'train' with a folder of images for each class"));
}

TEST_F(ImageFiles, TheStateOfTheSourceChangesWithAnyImage) {
  write_folder(folder.path() / "pets", cats_and_dogs(4, 2, ""));
  const std::string before = source_state(folder.path() / "pets", kCatsAndDogs);
  EXPECT_EQ(source_state(folder.path() / "pets", kCatsAndDogs), before);
  write(folder.path() / "pets/train/dog/001.png", "other");
  EXPECT_NE(source_state(folder.path() / "pets", kCatsAndDogs), before);
}

}  // namespace
}  // namespace neusemslice::testing_data
