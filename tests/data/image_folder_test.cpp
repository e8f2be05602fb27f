#include "data/image_folder.hpp"

#include <gmock/gmock.h>

#include "core/hash.hpp"
#include "data/batch_source.hpp"
#include "data/dataset_cache.hpp"
#include "data/image_samples.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

at::Tensor tensor_of(const RgbImage& image) {
  return at::from_blob(const_cast<std::uint8_t*>(image.pixels.data()), {image.height, image.width, 3}, at::kByte)
      .permute({2, 0, 1})
      .contiguous();
}

class ImageFolders : public testing::Test {
 protected:
  ImageFolders() { write_folder(folder.path() / "pets", cats_and_dogs(8, 3, "")); }
  Dataset load(const DatasetConfig& config) const { return load_dataset(config, folder.path()); }

  const DatasetConfig pets{.name = "pets",
                           .title = "Pets",
                           .format = "image-folder",
                           .path = "pets.tar.gz",
                           .classes = {"cat", "dog"},
                           .image_size = 8,
                           .mean = {0.5, 0.4, 0.3},
                           .deviation = {0.25, 0.2, 0.1}};
  TemporaryFolder folder;
  fs::path cache_folder = folder.path() / "cache";
  EnvironmentVariable cache{"NEUSEMSLICE_CACHE", cache_folder.c_str()};
};

TEST_F(ImageFolders, AreDataSetsLikeAnyOther) {
  const Dataset dataset = load(pets);
  EXPECT_EQ(dataset.name, "pets");
  EXPECT_THAT(dataset.category_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(dataset.image_shape(), ElementsAre(3, 8, 8));
  EXPECT_TRUE(at::equal(dataset.training.labels, at::tensor(std::vector<std::int64_t>{0, 0, 0, 1, 1, 1}))) << "cats";
  EXPECT_EQ(dataset.test.size(), 6);
  EXPECT_TRUE(at::equal(dataset.training.images[4], tensor_of(pattern(8, 8, 10)))) << "the second dog";
  EXPECT_FALSE(dataset.training.uncropped.defined());
  EXPECT_THAT(dataset.normalisation.mean, ElementsAre(0.5, 0.4, 0.3));
}

TEST_F(ImageFolders, TheFingerprintCoversWhatNetworksSee) {
  const std::string plain = load(pets).fingerprint;
  DatasetConfig other = pets;
  other.title = "another title";
  EXPECT_EQ(load(other).fingerprint, plain);
  other.mean[0] = 0.6;
  EXPECT_NE(load(other).fingerprint, plain);
  DatasetConfig small = pets;
  small.resize = 8;
  small.image_size = 4;
  DatasetConfig smaller = small;
  smaller.image_size = 3;
  EXPECT_NE(load(small).fingerprint, load(smaller).fingerprint) << "the same squares, but other crops of them";
}

TEST_F(ImageFolders, WithResizeTheImagesAreViewsOfWhatIsKept) {
  DatasetConfig config = pets;
  config.resize = 8;
  config.image_size = 4;
  const LabelledImages images = load(config).training;
  EXPECT_EQ(images.uncropped.sizes(), at::IntArrayRef({6, 3, 8, 8}));
  EXPECT_EQ(images.images.sizes(), at::IntArrayRef({6, 3, 4, 4}));
  EXPECT_TRUE(at::equal(images.images, images.uncropped.slice(2, 2, 6).slice(3, 2, 6)));
  EXPECT_EQ(images.images.storage().data(), images.uncropped.storage().data()) << "no copy";
  BatchSource batches(images, {}, at::kCPU, at::tensor(std::vector<std::int64_t>{5, 0}), 2);
  EXPECT_TRUE(
      at::equal(batches.next().images.mul(255).round().to(at::kByte), at::stack({images.images[5], images.images[0]})));
}

TEST_F(ImageFolders, ArePackedOrNotTheSameDataSet) {
  const Dataset unpacked = load(pets);
  fs::remove_all(folder.path() / "pets");
  write_tar(folder.path() / "pets/pets.tgz", cats_and_dogs(8, 3));
  const Dataset packed = load(pets);
  EXPECT_EQ(packed.fingerprint, unpacked.fingerprint);
  EXPECT_TRUE(at::equal(packed.training.images, unpacked.training.images));
}

TEST_F(ImageFolders, AMissingSourceSaysWhereItWasLookedFor) {
  DatasetConfig config = pets;
  config.path = "cows.tar.gz";
  EXPECT_THAT(
      message_of<InputError>([&] { load(config); }),
      HasSubstr(fmt::format("pets: cows.tar.gz is not there, as a folder or an archive: searched {0}/pets, {0};",
                            folder.path().string())));
}

TEST_F(ImageFolders, TwoDescriptionsOfOneNameAreRefused) {
  DatasetCache datasets(folder.path());
  const Dataset& dataset = datasets.get(pets);
  EXPECT_EQ(&datasets.get("pets"), &dataset);
  DatasetConfig other = pets;
  other.mean[1] = 0.1;
  EXPECT_THAT(message_of<InputError>([&] { datasets.get(other); }),
              HasSubstr("two data sets that differ are called pets"));
}

/// SHA-256 over every image's SHA-256 in hexadecimal, training before test, by category and name; the images as planes.
std::string sha256_of_all(const Dataset& dataset) {
  Sha256 hash;
  for (const LabelledImages* part : {&dataset.training, &dataset.test}) {
    for (std::int64_t i = 0; i < part->size(); ++i) {
      const at::Tensor image = part->images[i].contiguous();
      hash.add(sha256_hex({static_cast<const char*>(image.const_data_ptr()), image.nbytes()}));
    }
  }
  return hash.hex();
}

/// A data set of configs/datasets where NEUSEMSLICE_DATA has it.
std::optional<Dataset> real_dataset(const std::string& name) {
  try {
    const std::string file = NEUSEMSLICE_SOURCE_DIR "/configs/datasets/" + name + ".yaml";
    return load_dataset(dataset_from_argument(file), std::nullopt);
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is not there"));
    return std::nullopt;
  }
}

TEST_F(ImageFolders, Cifar10AsJpegDecodesAsPillowDoes) {
  const auto dataset = real_dataset("cifar10-jpeg");
  if (!dataset) GTEST_SKIP() << "NEUSEMSLICE_DATA has no cifar10-jpeg.tar.gz";
  EXPECT_EQ(dataset->training.size(), 50000);
  EXPECT_EQ(dataset->test.size(), 10000);
  EXPECT_EQ(dataset->category_names.at(9), "truck");
  EXPECT_EQ(sha256_of_all(*dataset), "f5296bd6328386b70687d84dd69acfe5ff69a750fae583db0133c35d4c052ed3");
}

TEST_F(ImageFolders, ImagenetteIsWhatTorchvisionsTransformGives) {
  const auto dataset = real_dataset("imagenette");
  if (!dataset) GTEST_SKIP() << "NEUSEMSLICE_DATA has no imagenette-2k.tar.gz";
  EXPECT_EQ(dataset->training.images.sizes(), at::IntArrayRef({1500, 3, 224, 224}));
  EXPECT_EQ(dataset->training.uncropped.sizes(), at::IntArrayRef({1500, 3, 256, 256}));
  EXPECT_EQ(dataset->test.size(), 500);
  EXPECT_EQ(sha256_of_all(*dataset), "e0e9c3e6c8e120a168491a9f62e57e00ec17273880887ef093fa19de9d4d6226");
}

}  // namespace
}  // namespace neusemslice::testing_data
