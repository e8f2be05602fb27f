// Exported models, full and shrunken, in onnxruntime against LibTorch on images of Fashion-MNIST.
#include <filesystem>

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/files.hpp"
#include "data/dataset.hpp"
#include "integration/process.hpp"
#include "integration/small_study.hpp"
#include "maintenance/restructure.hpp"
#include "models/onnx.hpp"
#include "models/sample_networks.hpp"
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
  static const Dataset dataset = load_dataset("fashion-mnist", kFashionMnist);
  return dataset;
}

/// Test images, (count, channels, 28, 28), with equal channels.
at::Tensor pixels(std::int64_t count, std::int64_t channels) {
  return fashion_mnist().test.images.slice(0, 0, count).expand({-1, channels, -1, -1}).contiguous();
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

  /// Runs all of them and compares; gives the largest difference relative to a model's largest logit.
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
OnnxExport for_colour_images(bool with_normalisation) {
  return {fashion_mnist().category_names, {{0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}}, with_normalisation};
}

TEST_F(OnnxRuntime, AgreesOnEveryOperationFullAndShrunkenForAnyBatchSize) {
  for (const Network& network : sample_networks({3, 28, 28}, 10)) {
    const UnitGraph units = derive_units(network.architecture);
    const Network shrunken = shrink(network, units, two_of_three(units));
    const std::string name = network.architecture.name;
    add(name, network, pixels(64, 3), for_colour_images(false));
    add(name + "-one", network, pixels(1, 3), for_colour_images(false));
    add(name + "-pixels", network, pixels(64, 3), for_colour_images(true));
    add(name + "-shrunken", shrunken, pixels(64, 3), for_colour_images(false));
  }
  run_all();
}

TEST_F(OnnxRuntime, AgreesOnAlexNetFullAndShrunken) {
  const Network network = random_network(make_alexnet_cifar({3, 28, 28}, 10), 4);
  const UnitGraph units = derive_units(network.architecture);
  add("alexnet", network, pixels(32, 3), for_colour_images(false));
  add("alexnet-shrunken", shrink(network, units, two_of_three(units)), pixels(32, 3), for_colour_images(true));
  run_all();
}

TEST_F(OnnxRuntime, AgreesOnWhatTheProgramExportsForAWholeTestSet) {
  const Network network = random_network(make_mlp({1, 28, 28}, {64, 32}, 10), 5);
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
