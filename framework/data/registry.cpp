#include "data/registry.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kTrainingSamples = 60000;
constexpr std::int64_t kTestSamples = 10000;

/// The files of MNIST and of everything made to replace it: only the digests differ.
PerFile<DatasetFile> mnist_files(const PerFile<std::string>& sha256) {
  constexpr std::int64_t kImagesHeader = 16;
  constexpr std::int64_t kLabelsHeader = 8;
  constexpr std::int64_t kPixels = 28 * 28;
  using enum FileRole;
  return {{
      DatasetFile{"train-images-idx3-ubyte", kImagesHeader + kTrainingSamples * kPixels, sha256[training_images],
                  kTrainingSamples},
      DatasetFile{"train-labels-idx1-ubyte", kLabelsHeader + kTrainingSamples, sha256[training_labels],
                  kTrainingSamples},
      DatasetFile{"t10k-images-idx3-ubyte", kImagesHeader + kTestSamples * kPixels, sha256[test_images], kTestSamples},
      DatasetFile{"t10k-labels-idx1-ubyte", kLabelsHeader + kTestSamples, sha256[test_labels], kTestSamples},
  }};
}

DatasetInfo mnist() {
  return {.name = "mnist",
          .title = "MNIST handwritten digits",
          .category_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
          .files = mnist_files({{"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                                 "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                                 "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                                 "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}),
          .base_urls = {"https://ossci-datasets.s3.amazonaws.com/mnist",
                        "https://storage.googleapis.com/cvdf-datasets/mnist"},
          .package = "",
          .package_folder = ""};
}

DatasetInfo fashion_mnist() {
  return {.name = "fashion-mnist",
          .title = "Fashion-MNIST articles of clothing",
          .category_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
                             "Ankle boot"},
          .files = mnist_files({{"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                                 "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                                 "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                                 "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}}),
          .base_urls = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"},
          .package = "dataset-fashion-mnist",
          .package_folder = "/usr/share/datasets/fashion-mnist"};
}

}  // namespace

std::string_view role_name(FileRole role) {
  constexpr std::array<std::string_view, kFileRoles.size()> kNames = {"training images", "training labels",
                                                                      "test images", "test labels"};
  return kNames[static_cast<std::size_t>(role)];
}

const std::vector<DatasetInfo>& known_datasets() {
  static const std::vector<DatasetInfo> datasets = {mnist(), fashion_mnist()};
  return datasets;
}

const DatasetInfo& find_dataset(std::string_view name) {
  std::vector<std::string> names;
  for (const DatasetInfo& info : known_datasets()) {
    if (info.name == name) return info;
    names.push_back(info.name);
  }
  throw InputError(fmt::format("unknown dataset '{}'{}", name, suggestion(name, names)));
}

std::string official_content(std::string_view sha256) {
  for (const DatasetInfo& info : known_datasets()) {
    for (const FileRole role : kFileRoles) {
      if (info.files[role].sha256 == sha256) return fmt::format("{} of {}", role_name(role), info.name);
    }
  }
  return "";
}

}  // namespace neusemslice
