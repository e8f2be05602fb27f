#include "data/raw_dataset.hpp"

#include <chrono>

#include <gmock/gmock.h>

#include "core/hash.hpp"
#include "data/captured_log.hpp"
#include "data/samples.hpp"

namespace neusemslice::testing_data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using enum FileRole;

class RawDatasetTest : public testing::Test {
 protected:
  /// Loads `contents` as the files of a dataset whose official contents are the tiny ones.
  RawDataset load() {
    write_dataset(folder.path(), info, contents);
    return load_raw_dataset(info, folder.path());
  }

  std::string message_for_contents() {
    return message_of<InputError>([&] { load(); });
  }

  TemporaryFolder folder;
  PerFile<std::string> contents = tiny_contents();
  DatasetInfo info = tiny_dataset(contents);
  CapturedLog log;
};

TEST_F(RawDatasetTest, LoadsTheOfficialFilesWithoutAWord) {
  const RawDataset data = load();
  EXPECT_EQ(data.training_images.count, 6);
  EXPECT_EQ(data.test_images.width, 16);
  EXPECT_THAT(data.training_labels, ElementsAre(0, 1, 0, 1, 1, 0));
  EXPECT_THAT(data.test_labels, ElementsAre(1, 0, 1));
  EXPECT_TRUE(data.official);
  EXPECT_EQ(log.text(), "");
}

TEST_F(RawDatasetTest, TheFingerprintNamesTheContentNotThePacking) {
  const std::string plain = load().fingerprint;
  std::string digests;
  for (const std::string& content : contents.values) digests += sha256_hex(content) + "\n";
  EXPECT_EQ(plain, sha256_hex(digests));
  for (std::string& content : contents.values) content = gzip(content);
  EXPECT_EQ(load().fingerprint, plain);
}

TEST_F(RawDatasetTest, HomeMadeDataIsUsedWithAWarning) {
  contents[test_labels] = idx_labels({0, 0, 0});
  const RawDataset data = load();
  EXPECT_FALSE(data.official);
  EXPECT_THAT(data.test_labels, ElementsAre(0, 0, 0));
  EXPECT_THAT(log.text(),
              AllOf(HasSubstr("warning"), HasSubstr(folder.path().string()), HasSubstr("not the official")));
}

TEST_F(RawDatasetTest, AsManyLabelsAsImages) {
  contents[training_labels] = idx_labels({0, 1, 0, 1, 1});
  EXPECT_THAT(message_for_contents(), AllOf(HasSubstr("train-labels-idx1-ubyte: has 5 labels for the 6 images of"),
                                            HasSubstr("train-images-idx3-ubyte")));
}

TEST_F(RawDatasetTest, BothSplitsHaveImagesOfOneSize) {
  contents[test_images] = idx_images(3, 14);
  EXPECT_THAT(message_for_contents(), AllOf(HasSubstr("t10k-images-idx3-ubyte: images of 14 x 14 pixels"),
                                            HasSubstr("train-images-idx3-ubyte are 16 x 16")));
}

TEST_F(RawDatasetTest, EveryLabelIsACategory) {
  contents[test_labels] = idx_labels({1, 0, 2});
  EXPECT_THAT(message_for_contents(),
              HasSubstr("t10k-labels-idx1-ubyte: label 2 is 2, but tiny has 2 categories (0 to 1)"));
}

TEST_F(RawDatasetTest, SwappedFilesAreSaidSo) {
  std::swap(contents[test_labels], contents[test_images]);
  EXPECT_THAT(message_for_contents(), HasSubstr("holds labels (magic 0x00000801), images expected"));
}

TEST_F(RawDatasetTest, ADamagedFileIsNamed) {
  contents[test_images] = gzip(contents[test_images]).substr(0, 100);
  EXPECT_THAT(message_for_contents(), HasSubstr("t10k-images-idx3-ubyte: the gzip data ends early"));
}

TEST_F(RawDatasetTest, AnotherDatasetsOfficialFilesAreRefused) {
  const DatasetInfo& fashion = find_dataset("fashion-mnist");
  if (!fs::exists(fashion.package_folder)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const std::string message =
      message_of<InputError>([&] { load_raw_dataset(find_dataset("mnist"), fashion.package_folder); });
  EXPECT_THAT(message, HasSubstr("holds the training images of fashion-mnist, training images of mnist expected"));
}

TEST_F(RawDatasetTest, LoadsTheRealFashionMnistQuickly) {
  const DatasetInfo& fashion = find_dataset("fashion-mnist");
  if (!fs::exists(fashion.package_folder)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const auto start = std::chrono::steady_clock::now();
  const RawDataset data = load_raw_dataset(fashion, fashion.package_folder);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_TRUE(data.official);
  EXPECT_EQ(data.training_images.pixels.size(), 60000 * 28 * 28);
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_LT(seconds, 5) << "takes about 0.4 s; the bound is for shared machines and unoptimised builds";
}

}  // namespace
}  // namespace neusemslice::testing_data
