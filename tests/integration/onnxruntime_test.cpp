// Exported models, full and shrunken, in onnxruntime against LibTorch on images of Fashion-MNIST.
#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "data/dataset.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"
#include "maintenance/restructure.hpp"
#include "models/exportable_networks.hpp"
#include "models/onnx.hpp"
#include "models/units.hpp"
#include "models/weights.hpp"
#include "models/zoo.hpp"
#include "support/problem.hpp"
#include "support/shell.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using testing::HasSubstr;

constexpr double kTolerance = 1e-4;
const std::string kFashionMnist = "/usr/share/datasets/fashion-mnist";
const fs::path kSource = NEUSEMSLICE_SOURCE_DIR;
const fs::path kOnnxRuntime = kSource / ".deps/onnxruntime";

const Dataset& fashion_mnist() {
  static const Dataset dataset = load_dataset(dataset_from_argument("fashion-mnist"), kFashionMnist);
  return dataset;
}

/// The first test images as (count, 3, 28, 28) with equal channels; with a step of 3, every third pixel, (count, 3, 9,
/// 9).
at::Tensor colour_images(std::int64_t count, std::int64_t step = 1) {
  const std::int64_t end = 28 - step + 1;
  at::Tensor images = fashion_mnist().test.images.slice(0, 0, count);
  for (const std::int64_t dimension : {2, 3}) images = images.slice(dimension, 0, end, step);
  return images.expand({-1, 3, -1, -1}).contiguous();
}

/// Two of three units of every layer, on which coupled layers agree.
Network shrunken(const Network& network) {
  const UnitGraph units = derive_units(network.architecture);
  KeptUnits kept;
  for (const UnitLayer& layer : units.layers) {
    for (std::int64_t unit = 0; unit < layer.units; ++unit) {
      if (unit % 3 != 1) kept[layer.name].push_back(unit);
    }
  }
  return shrink(network, units, kept);
}

at::Tensor logits_of(const Network& network, const at::Tensor& images, const Normalisation& normalisation) {
  return forward(network, Normaliser(normalisation, at::kCPU)(images));
}

class OnnxRuntime : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_FASHION_MNIST();
    if (!fs::exists(kOnnxRuntime / "onnxruntime")) {
      GTEST_SKIP() << "needs onnxruntime (launchers/setup.sh --with-onnxruntime)";
    }
  }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// Puts the images beside name.onnx, to be run on, and keeps what LibTorch makes of them.
  void expect(const std::string& name, const at::Tensor& images, const at::Tensor& logits) {
    write_file_atomically(folder_ / (name + ".pixels"),
                          {static_cast<const char*>(images.const_data_ptr()), images.nbytes()});
    expected_.emplace(name, logits);
  }

  void add(const std::string& name, const Network& network, const at::Tensor& images, const OnnxExport& options) {
    write_onnx(folder_ / (name + ".onnx"), network, options);
    expect(name, images, logits_of(network, images, options.normalisation));
  }

  /// Runs all of them and compares; records the largest difference relative to a model's largest logit.
  void run_all() {
    std::string models;
    for (const auto& entry : expected_) models += fmt::format(" '{}.onnx'", path(entry.first));
    const ShellOutcome outcome =
        shell(fmt::format("PYTHONPATH='{}' PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 '{}'{}", kOnnxRuntime.string(),
                          (kSource / "tests/integration/onnxruntime_logits.py").string(), models));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
    double largest = 0;
    for (const auto& [name, expected] : expected_) {
      std::string bytes = read_file(folder_ / (name + ".logits"));
      ASSERT_EQ(bytes.size(), expected.nbytes()) << name;
      const at::Tensor logits = at::from_blob(bytes.data(), expected.sizes(), at::kFloat);
      const double difference = relative_to_largest(logits, expected);
      EXPECT_LE(difference, kTolerance) << name;
      EXPECT_LE((logits - expected).abs().max().item<double>(), kTolerance) << name;
      largest = std::max(largest, difference);
    }
    RecordProperty("largest_difference", fmt::format("{:.2e}", largest));
  }

  TemporaryFolder folder_;
  std::map<std::string, at::Tensor> expected_;
};

/// Mean and deviation of CIFAR-10 (method.md section 6), so that channels differ.
OnnxExport for_colours(const Network& network, bool with_normalisation = false) {
  const auto categories = static_cast<std::size_t>(category_count(network.architecture));
  return {std::vector<std::string>(categories, "any"),
          {{0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}},
          with_normalisation};
}

TEST_F(OnnxRuntime, AgreesOnEveryOperationFullAndShrunkenForAnyBatchSize) {
  for (const Network& network : exportable_networks()) {
    const std::string& name = network.architecture.name;
    add(name, network, colour_images(100, 3), for_colours(network));
    add(name + "-one", network, colour_images(1, 3), for_colours(network));
    add(name + "-pixels", network, colour_images(100, 3), for_colours(network, true));
    add(name + "-shrunken", shrunken(network), colour_images(100, 3), for_colours(network));
  }
  run_all();
}

TEST_F(OnnxRuntime, AgreesOnAlexNetFullAndShrunken) {
  const Network network = make_network(make_alexnet_cifar({3, 28, 28}, 10), 4);
  add("alexnet", network, colour_images(32), for_colours(network));
  add("alexnet-shrunken", shrunken(network), colour_images(32), for_colours(network, true));
  run_all();
}

TEST_F(OnnxRuntime, AgreesOnBatchNormalisedAndResidualNetworksFullAndShrunken) {
  constexpr double kWidth = 0.125;
  const at::Tensor images = at::constant_pad_nd(colour_images(16), {2, 2, 2, 2});  // VGG halves five times
  const std::vector<Architecture> architectures = {
      make_vgg_cifar(16, {3, 32, 32}, 10, kWidth), make_resnet_cifar(18, {3, 32, 32}, 10, kWidth),
      make_resnet_cifar(50, {3, 32, 32}, 10, kWidth), make_resnet(50, {3, 32, 32}, 10, kWidth)};
  for (std::size_t i = 0; i < architectures.size(); ++i) {
    const Network network = make_network(architectures[i], 6);
    const std::string name = fmt::format("{}-{}", i, network.architecture.name);
    add(name, network, images, for_colours(network));
    add(name + "-shrunken", shrunken(network), images, for_colours(network, true));
  }
  run_all();
}

TEST_F(OnnxRuntime, AgreesOnWhatTheProgramExportsForAWholeTestSet) {
  const Network network = make_network(make_mlp({1, 28, 28}, {64, 32}, 10), 5);
  save_network(path("model.safetensors"), network);
  const auto export_to = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"export",      "--weights",     path("model.safetensors"),
                                          "--dataset",   "fashion-mnist", "--data-dir",
                                          kFashionMnist, "--out",         path(name + ".onnx")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    expect(name, fashion_mnist().test.images, logits_of(network, fashion_mnist().test.images, {}));
    return outcome.out;
  };
  EXPECT_THAT(export_to("mlp", {}),
              HasSubstr("52650 parameters, ONNX opset 17; 'images' float32 (batch, 1, 28, 28) to 'logits' float32 "
                        "(batch, 10)\n"));
  EXPECT_THAT(export_to("pixels", {"--with-normalisation"}), HasSubstr("'pixels' uint8 (batch, 1, 28, 28)"));
  const auto json = nlohmann::json::parse(export_to("again", {"--json"}));
  EXPECT_EQ(json.at("schema"), "neusemslice.export/1");
  EXPECT_EQ(json.at("opset"), 17);
  EXPECT_EQ(json.at("bytes"), fs::file_size(path("again.onnx")));
  EXPECT_TRUE(read_file(path("again.onnx")) == read_file(path("mlp.onnx")));
  run_all();
}

}  // namespace
}  // namespace neusemslice
