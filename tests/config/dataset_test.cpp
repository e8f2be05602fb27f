#include "config/dataset.hpp"

#include <gmock/gmock.h>

#include "config/suite.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using test_support::message_of;
using test_support::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kPets = "name: pets\nformat: image-folder\npath: pets.tar.gz\nclasses: [cat, dog]\nimage_size: 32\n";

DatasetConfig read(const std::string& text) {
  return read_dataset(parse_config(text, "pets.yaml"), "");
}

std::string refusal(const std::string& text) {
  return message_of<InputError>([&] { read(text); });
}

TEST(ReadDataset, ANameIsKeptAsItIs) {
  EXPECT_EQ(read("mnist"), DatasetConfig{.name = "mnist"});
  EXPECT_FALSE(read("mnist").is_described());
}

TEST(ReadDataset, WhatIsNotWrittenIsTheDefault) {
  const DatasetConfig pets = read(kPets);
  EXPECT_TRUE(pets.is_described());
  EXPECT_EQ(pets.title, "pets");
  EXPECT_EQ(pets.training, "train");
  EXPECT_EQ(pets.test, "test");
  EXPECT_THAT(pets.classes, ElementsAre("cat", "dog"));
  EXPECT_EQ(pets.resize, 0);
  EXPECT_TRUE(pets.mean.empty());
}

TEST(ReadDataset, RefusesWhatCannotBe) {
  EXPECT_THAT(refusal("name: Pets\nformat: idx\npath: x\nclasses: [a, b]\n"), HasSubstr("pets.yaml:1: name: 'Pets'"));
  EXPECT_THAT(refusal("name: pets\npath: x\n"), HasSubstr("format: this key is missing"));
  EXPECT_THAT(refusal("name: pets\nformat: image-foldr\npath: x\n"), HasSubstr("did you mean 'image-folder'?"));
  EXPECT_THAT(refusal("name: pets\nformat: image-folder\npath: x\nclasses: [cat]\nimage_size: 8\n"),
              HasSubstr("classes: at least two classes are needed"));
  EXPECT_THAT(refusal("name: pets\nformat: image-folder\npath: x\nclasses: [cat, cat]\nimage_size: 8\n"),
              HasSubstr("classes: 'cat' is named twice"));
  EXPECT_THAT(refusal("name: pets\nformat: image-folder\npath: x\nclasses: [cat, dog]\n"),
              HasSubstr("image_size: this key is missing"));
  EXPECT_THAT(refusal(kPets + "resize: 31\n"), HasSubstr("pets.yaml:6: resize: 31 is less than image_size (32)"));
  EXPECT_THAT(refusal(kPets + "mean: [0.5]\ndeviation: [0.5]\n"), HasSubstr("mean: 1 values, 3 expected"));
  EXPECT_THAT(refusal(kPets + "mean: [0.5, 0.5, 0.5]\n"), HasSubstr("3 values, but deviation has 0"));
  EXPECT_THAT(refusal(kPets + "deviation: [0, 1, 1]\n"), HasSubstr("deviation: 0 is out of range"));
  EXPECT_THAT(refusal(kPets + "test: train\n"), HasSubstr("test: the same folder as training"));
  EXPECT_THAT(refusal(kPets + "crop: 3\n"), HasSubstr("pets.yaml:6: unknown key 'crop'"));
}

TEST(PrintDataset, ReadingItBackGivesAnEqualDataset) {
  const DatasetConfig described{.name = "pets",
                                .title = "a \"title\": with, [signs]",
                                .format = "image-folder",
                                .path = "/data/my pets.tar",
                                .training = "yes",
                                .test = "1",
                                .classes = {"n01", "true", "a, b", "'quoted'", "~"},
                                .resize = 40,
                                .image_size = 32,
                                .mean = {0.1, 1.0 / 3.0, 0.5},
                                .deviation = {1.0 / 7.0, 2, 3}};
  for (const DatasetConfig& dataset : {described, DatasetConfig{.name = "mnist"}}) {
    const ConfigNode printed = parse_config("dataset:" + print_dataset(dataset, 2), "printed");
    EXPECT_EQ(read_dataset(*printed.find("dataset"), "dataset"), dataset) << print_dataset(dataset, 2);
  }
}

/// settings/small.yaml, which names the data set pets, and datasets/pets.yaml beside its folder.
class SettingOfPets : public testing::Test {
 protected:
  SettingOfPets() {
    write_file_atomically(folder / "datasets/pets.yaml", kPets);
    setting("pets");
  }
  void setting(const std::string& dataset) {
    write_file_atomically(folder / "settings/small.yaml", "name: small\ndataset: " + dataset + "\n");
  }
  DatasetConfig load(const std::vector<std::string>& overrides = {}) const {
    return load_setting(folder / "settings/small.yaml", overrides).dataset;
  }
  TemporaryFolder folder;
};

TEST_F(SettingOfPets, FindsTheDescriptionInsideOrBesideItsFolder) {
  EXPECT_EQ(load(), read(kPets));
  write_file_atomically(folder / "settings/datasets/pets.yaml", kPets + "title: nearer\n");
  EXPECT_EQ(load().title, "nearer");
  setting("mnist");
  EXPECT_EQ(load(), DatasetConfig{.name = "mnist"});
}

TEST_F(SettingOfPets, MayNameAFile) {
  write_file_atomically(folder / "elsewhere/own.yaml", kPets + "title: own\n");
  setting("../elsewhere/own.yaml");
  EXPECT_EQ(load().title, "own");
  setting("missing.yaml");
  EXPECT_THAT(message_of<InputError>([&] { load(); }), HasSubstr("settings/missing.yaml"));
}

TEST_F(SettingOfPets, APathWithADotIsMeantFromTheDescription) {
  write_file_atomically(folder / "datasets/pets.yaml",
                        "name: pets\nformat: image-folder\npath: ./images\nclasses: [cat, dog]\nimage_size: 8\n");
  EXPECT_EQ(load().path, folder / "datasets/images");
}

TEST_F(SettingOfPets, OverridesReachIntoTheDescriptionOrReplaceIt) {
  EXPECT_EQ(load({"dataset.path=/data/pets"}).path, "/data/pets");
  write_file_atomically(folder / "datasets/cows.yaml", "name: cows\nformat: idx\npath: cows\nclasses: [a, b]\n");
  EXPECT_EQ(load({"dataset=cows", "dataset.title=Cows"}).title, "Cows");
  EXPECT_EQ(load({"dataset=" + (folder / "datasets/cows.yaml").string()}).name, "cows");
  EXPECT_THAT(message_of<InputError>([&] { load({"dataset.pth=x"}); }),
              HasSubstr("unknown key 'dataset.pth'; did you mean 'path'?"));
}

TEST_F(SettingOfPets, ASettingThatExtendsItKeepsTheDescription) {
  write_file_atomically(folder / "other/derived.yaml", "extends: ../settings/small.yaml\nname: derived\n");
  EXPECT_EQ(load_setting(folder / "other/derived.yaml").dataset.name, "pets");
  EXPECT_TRUE(load_setting(folder / "other/derived.yaml").dataset.is_described());
}

TEST(DatasetFromArgument, IsANameOrAFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(dataset_from_argument("mnist").name, "mnist");
  write_file_atomically(folder / "pets.yaml", kPets);
  EXPECT_EQ(dataset_from_argument((folder / "pets.yaml").string()), read(kPets));
}

TEST(Configs, EveryDatasetLoads) {
  int loaded = 0;
  for (const auto& entry : fs::directory_iterator(NEUSEMSLICE_SOURCE_DIR "/configs/datasets")) {
    EXPECT_EQ(dataset_from_argument(entry.path().string()).name, entry.path().stem()) << entry.path();
    ++loaded;
  }
  EXPECT_GE(loaded, 2);
}

}  // namespace
}  // namespace neusemslice
