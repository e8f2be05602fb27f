// Data sets by name and by description, apart from image folders.
#include <gmock/gmock.h>

#include "core/hash.hpp"
#include "data/dataset.hpp"
#include "data/image_samples.hpp"
#include "data/registry.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LoadDataset, ReadsCifarByItsName) {
  const TemporaryFolder folder;
  write_tar(folder.path() / "cifar-10-binary.tar.gz", tiny_cifar("cifar10"));
  const Dataset dataset = load_dataset({.name = "cifar10"}, folder.path());
  EXPECT_THAT(dataset.image_shape(), ElementsAre(3, 32, 32));
  EXPECT_EQ(dataset.training.size(), 10);
  EXPECT_EQ(dataset.test.labels[1].item<std::int64_t>(), 1);
  EXPECT_EQ(dataset.training.images[3][2][5][7].item<std::int64_t>(), (3 + 2 * 1024 + 5 * 32 + 7) % 256);
  EXPECT_THAT(dataset.normalisation.mean, ElementsAre(0.4914, 0.4822, 0.4465));
  EXPECT_THAT(dataset.normalisation.deviation, ElementsAre(0.2470, 0.2435, 0.2616));
  EXPECT_EQ(dataset.categories(), 10);
  const Dataset hundred = [&] {
    write_folder(folder.path() / "cifar100", tiny_cifar("cifar100"));
    return load_dataset({.name = "cifar100"}, folder.path());
  }();
  EXPECT_EQ(hundred.categories(), 100);
  EXPECT_NE(hundred.fingerprint, dataset.fingerprint);
}

TEST(LoadDataset, EmnistIsTurnedUpright) {
  const TemporaryFolder folder;
  const DatasetInfo& info = find_dataset("emnist-balanced");
  write_dataset(folder.path() / "emnist-balanced", info,
                {{idx_images(2, 4), idx_labels({0, 46}), idx_images(1, 4), idx_labels({10})}});
  const Dataset dataset = load_dataset({.name = "emnist-balanced"}, folder.path());
  EXPECT_EQ(dataset.training.images[1][0][2][3].item<std::int64_t>(), 16 + 3 * 4 + 2);  // pixel p of the file is p
  EXPECT_EQ(dataset.category_names.at(46), "t");
  EXPECT_EQ(dataset.category_names.at(10), "A");
}

TEST(LoadDataset, ADescriptionOfIdxFilesNamesItsOwnClasses) {
  const TemporaryFolder folder;
  write_dataset(folder.path() / "mine", find_dataset("mnist"), tiny_contents());
  const DatasetConfig config{.name = "mine", .format = "idx", .path = "mine", .classes = {"zero", "one"}};
  const Dataset dataset = load_dataset(config, folder.path());
  EXPECT_EQ(dataset.name, "mine");
  EXPECT_THAT(dataset.category_names, ElementsAre("zero", "one"));
  EXPECT_EQ(dataset.training.size(), 6);
  DatasetConfig normalised = config;
  normalised.mean = {0.5};
  normalised.deviation = {0.25};
  EXPECT_NE(load_dataset(normalised, folder.path()).fingerprint, dataset.fingerprint);
  DatasetConfig missing = config;
  missing.path = "yours";
  EXPECT_THAT(message_of<InputError>([&] { load_dataset(missing, folder.path()); }), HasSubstr("yours is not there"));
}

TEST(LoadDataset, ADescriptionOfCifarsFormatMayLieAnywhere) {
  const TemporaryFolder folder;
  write_folder(folder.path() / "deep/er", tiny_cifar("cifar10"));
  const std::string path = (folder.path() / "deep/er").string();
  const Dataset dataset = load_dataset({.name = "own", .format = "cifar10", .path = path}, std::nullopt);
  EXPECT_EQ(dataset.training.size(), 10);
  EXPECT_TRUE(dataset.normalisation.mean.empty());
  EXPECT_EQ(dataset.category_names.at(3), "cat");
  EXPECT_THAT(message_of<InputError>([&] {
                load_dataset({.name = "own", .format = "cifar10", .path = path, .classes = {"a", "b"}}, std::nullopt);
              }),
              HasSubstr("own: 2 classes are named, cifar10 has 10"));
}

TEST(LoadDataset, WithoutNormalisationTheFingerprintIsThatOfTheFiles) {
  EXPECT_EQ(fingerprint_of_inputs("abc", {}), "abc");
  EXPECT_EQ(fingerprint_of_inputs("abc", {.mean = {0.5}, .deviation = {0.25}}),
            sha256_hex("abc\nmean 0.5\ndeviation 0.25\n"));
}

}  // namespace
}  // namespace neusemslice::testing_data
