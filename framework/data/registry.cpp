#include "data/registry.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kTrainingSamples = 60000;
constexpr std::int64_t kTestSamples = 10000;

DatasetFile images_file(const std::string& name, std::int64_t samples) {
  constexpr std::int64_t kHeader = 16;
  constexpr std::int64_t kPixels = 28 * 28;
  return {.name = name, .bytes = kHeader + samples * kPixels, .sha256 = {}, .samples = samples};
}

DatasetFile labels_file(const std::string& name, std::int64_t samples) {
  constexpr std::int64_t kHeader = 8;
  return {.name = name, .bytes = kHeader + samples, .sha256 = {}, .samples = samples};
}

/// The files of MNIST and of everything made to replace it: only the digests differ.
PerFile<DatasetFile> mnist_files() {
  return {{images_file("train-images-idx3-ubyte", kTrainingSamples),
           labels_file("train-labels-idx1-ubyte", kTrainingSamples),
           images_file("t10k-images-idx3-ubyte", kTestSamples), labels_file("t10k-labels-idx1-ubyte", kTestSamples)}};
}

PerFile<DatasetFile> mnist_files(const PerFile<std::string>& sha256) {
  PerFile<DatasetFile> files = mnist_files();
  for (const FileRole role : kFileRoles) files[role].sha256 = sha256[role];
  return files;
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

/// As the publisher names its digests: MD5, of the packed files.
DatasetInfo kmnist() {
  DatasetInfo info{.name = "kmnist",
                   .title = "Kuzushiji-MNIST cursive Japanese",
                   .category_names = {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"},
                   .files = mnist_files(),
                   .base_urls = {"http://codh.rois.ac.jp/kmnist/dataset/kmnist"}};
  const PerFile<std::string> packed_md5 = {{"bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344",
                                            "5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134"}};
  for (const FileRole role : kFileRoles) info.files[role].packed_md5 = packed_md5[role];
  return info;
}

/// One part of EMNIST, which is distributed as one .zip of them all; no digests of its files are published.
DatasetInfo emnist(const std::string& part, const std::vector<std::string>& categories, std::int64_t training,
                   std::int64_t test) {
  const auto name = [&](const char* file) { return fmt::format("emnist-{}-{}", part, file); };
  return {
      .name = fmt::format("emnist-{}", part),
      .title = fmt::format("EMNIST {}", part),
      .category_names = categories,
      .files = {{images_file(name("train-images-idx3-ubyte"), training),
                 labels_file(name("train-labels-idx1-ubyte"), training),
                 images_file(name("test-images-idx3-ubyte"), test), labels_file(name("test-labels-idx1-ubyte"), test)}},
      .is_transposed = true,
      .homepage = "https://www.nist.gov/itl/products-and-services/emnist-dataset (unpack gzip.zip)"};
}

std::vector<std::string> letters(std::string_view text) {
  std::vector<std::string> names;
  for (const char letter : text) names.emplace_back(1, letter);
  return names;
}

DatasetInfo cifar10() {
  return {.name = "cifar10",
          .title = "CIFAR-10 photographs",
          .category_names = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
          .format = "cifar10",
          .archive = DatasetArchive{{.name = "cifar-10-binary.tar",
                                     .bytes = 0,
                                     .sha256 = {},
                                     .samples = 0,
                                     .packed_md5 = "c32a1d4ab5d03f1284b67883e8d87530"},
                                    "cifar-10-batches-bin",
                                    50000,
                                    10000},
          .mean = {0.4914, 0.4822, 0.4465},
          .deviation = {0.2470, 0.2435, 0.2616},
          .base_urls = {"https://www.cs.toronto.edu/~kriz"}};
}

DatasetInfo cifar100() {
  return {.name = "cifar100",
          .title = "CIFAR-100 photographs, fine labels",
          .category_names = {"apple",       "aquarium_fish", "baby",      "bear",       "beaver",       "bed",
                             "bee",         "beetle",        "bicycle",   "bottle",     "bowl",         "boy",
                             "bridge",      "bus",           "butterfly", "camel",      "can",          "castle",
                             "caterpillar", "cattle",        "chair",     "chimpanzee", "clock",        "cloud",
                             "cockroach",   "couch",         "crab",      "crocodile",  "cup",          "dinosaur",
                             "dolphin",     "elephant",      "flatfish",  "forest",     "fox",          "girl",
                             "hamster",     "house",         "kangaroo",  "keyboard",   "lamp",         "lawn_mower",
                             "leopard",     "lion",          "lizard",    "lobster",    "man",          "maple_tree",
                             "motorcycle",  "mountain",      "mouse",     "mushroom",   "oak_tree",     "orange",
                             "orchid",      "otter",         "palm_tree", "pear",       "pickup_truck", "pine_tree",
                             "plain",       "plate",         "poppy",     "porcupine",  "possum",       "rabbit",
                             "raccoon",     "ray",           "road",      "rocket",     "rose",         "sea",
                             "seal",        "shark",         "shrew",     "skunk",      "skyscraper",   "snail",
                             "snake",       "spider",        "squirrel",  "streetcar",  "sunflower",    "sweet_pepper",
                             "table",       "tank",          "telephone", "television", "tiger",        "tractor",
                             "train",       "trout",         "tulip",     "turtle",     "wardrobe",     "whale",
                             "willow_tree", "wolf",          "woman",     "worm"},
          .format = "cifar100",
          .archive = DatasetArchive{{.name = "cifar-100-binary.tar",
                                     .bytes = 0,
                                     .sha256 = {},
                                     .samples = 0,
                                     .packed_md5 = "03b5dce01913d631647c71ecec9e9cb8"},
                                    "cifar-100-binary",
                                    50000,
                                    10000},
          .mean = {0.5071, 0.4867, 0.4408},
          .deviation = {0.2675, 0.2565, 0.2761},
          .base_urls = {"https://www.cs.toronto.edu/~kriz"}};
}

}  // namespace

std::int64_t DatasetInfo::training_samples() const {
  return archive ? archive->training_samples : files[FileRole::training_images].samples;
}

std::int64_t DatasetInfo::test_samples() const {
  return archive ? archive->test_samples : files[FileRole::test_images].samples;
}

std::vector<DatasetFile> DatasetInfo::distributed_files() const {
  if (archive) return {archive->file};
  return {files.values.begin(), files.values.end()};
}

std::string how_to_get(const DatasetInfo& info) {
  if (!info.homepage.empty()) return info.homepage;
  return fmt::format("neusemslice data fetch {}", info.name);
}

std::string_view role_name(FileRole role) {
  constexpr std::array<std::string_view, kFileRoles.size()> kNames = {"training images", "training labels",
                                                                      "test images", "test labels"};
  return kNames[static_cast<std::size_t>(role)];
}

const std::vector<DatasetInfo>& known_datasets() {
  static const std::vector<DatasetInfo> datasets = {
      mnist(),
      fashion_mnist(),
      kmnist(),
      emnist("balanced", letters("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"), 112800, 18800),
      emnist("digits", letters("0123456789"), 240000, 40000),
      cifar10(),
      cifar100()};
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
      if (!sha256.empty() && info.files[role].sha256 == sha256)
        return fmt::format("{} of {}", role_name(role), info.name);
    }
  }
  return "";
}

}  // namespace neusemslice
