// The zoo beside torchvision: state_dicts/*.txt list the names and shapes of its networks with ten outputs (vgg*-cifar:
// its vgg*_bn features and one linear layer), torchvision_logits.txt their float64 logits for the weights that
// `patterned_network` makes.
#include "models/zoo.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "core/error.hpp"
#include "models/network.hpp"
#include "models/safetensors.hpp"
#include "models/weights.hpp"
#include "support/problem.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

namespace fs = std::filesystem;
using namespace test_support;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

const fs::path kHere = fs::path(NEUSEMSLICE_SOURCE_DIR) / "tests/models";

std::vector<std::int64_t> image_for(const std::string& name) {
  if (name == "mlp" || name == "lenet5") return {1, 28, 28};
  return name.ends_with("-cifar") ? std::vector<std::int64_t>{3, 32, 32} : std::vector<std::int64_t>{3, 224, 224};
}

Architecture zoo_member(const std::string& name, double width = 1) {
  return make_architecture({.name = name, .width = width}, image_for(name), 10);
}

std::int64_t count_of(const std::string& name) {
  return parameter_count(zoo_member(name));
}

std::vector<ParameterShape> read_list(const fs::path& path) {
  std::ifstream file(path);
  std::vector<ParameterShape> tensors;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    ParameterShape tensor;
    words >> tensor.name;
    for (std::int64_t extent = 0; words >> extent;) tensor.shape.push_back(extent);
    tensors.push_back(tensor);
  }
  return tensors;
}

/// Of a network as it would be saved.
std::vector<ParameterShape> saved_tensors(const Architecture& architecture) {
  const TemporaryFolder folder;
  const fs::path path = folder / "model.safetensors";
  save_network(path, make_network(architecture, 0));
  std::vector<ParameterShape> tensors;
  for (const auto& [name, value] : read_safetensors(path)) tensors.push_back({name, value.sizes().vec()});
  return tensors;
}

/// Entry i of tensor t: SplitMix64's output for 2^32 t + i, as a number in [-1, 1).
at::Tensor pattern(std::uint64_t t, at::IntArrayRef shape) {
  at::Tensor tensor = at::empty(shape, at::kDouble);
  auto* values = tensor.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    std::uint64_t z = ((t << 32) + static_cast<std::uint64_t>(i)) * 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    values[i] = static_cast<double>(z >> 11) * 0x1p-52 - 1;
  }
  return tensor;
}

/// Weights that keep the size of what flows through: uniform with variance 2 / inputs; biases and means up to a tenth
/// and a fifth; batch norm's scales and variances from a half to one and a half. Tensors are numbered in the order of a
/// `state_dict`.
Network patterned_network(const Architecture& architecture) {
  Network network{architecture, {}, {}};
  std::uint64_t t = 0;
  const auto add = [&](Parameters& to, const std::string& name, at::IntArrayRef shape, double offset, double scale) {
    to.emplace(name, pattern(t++, shape).mul_(scale).add_(offset).to(at::kFloat));
  };
  for (const Node& node : architecture.nodes) {
    if (node.operation == Operation::batch_norm) {
      add(network.parameters, node.name + ".weight", {node.in_features}, 1, 0.5);
      add(network.parameters, node.name + ".bias", {node.in_features}, 0, 0.2);
      add(network.buffers, node.name + ".running_mean", {node.in_features}, 0, 0.2);
      add(network.buffers, node.name + ".running_var", {node.in_features}, 1, 0.5);
    } else if (!node.name.empty()) {
      std::vector<std::int64_t> shape = {node.out_features, node.in_features};
      if (node.operation == Operation::convolution) shape.insert(shape.end(), 2, node.kernel);
      const auto inputs = static_cast<double>(node.in_features * (shape.size() == 4 ? node.kernel * node.kernel : 1));
      add(network.parameters, node.name + ".weight", shape, 0, std::sqrt(6 / inputs));
      if (node.bias) add(network.parameters, node.name + ".bias", {node.out_features}, 0, 0.1);
    }
  }
  return network;
}

TEST(Zoo, HasThePapersNumbersOfParameters) {
  EXPECT_EQ(count_of("mlp"), 535'818);
  EXPECT_EQ(count_of("alexnet-cifar"), 19'076'938);
  EXPECT_EQ(count_of("vgg16-cifar"), 14'728'266);
  EXPECT_EQ(count_of("resnet101-cifar"), 42'512'970);
  EXPECT_EQ(count_of("vgg19"), 139'611'210);
}

TEST(Zoo, LeNet5HasTheOriginalsNumberOfWeights) {
  EXPECT_EQ(count_of("lenet5"), 61'706);
  // Images of 32 pixels are not padded; two channels more of 6 * 25 weights.
  EXPECT_EQ(parameter_count(make_lenet5({3, 32, 32}, 10)), 61'706 + 2 * 6 * 25);
}

TEST(Zoo, ALayersShareIsWhatThePaperSays) {
  const Architecture alexnet = zoo_member("alexnet-cifar");
  EXPECT_NEAR(100.0 * (4096 * 4096 + 4096) / static_cast<double>(parameter_count(alexnet)), 87.97, 0.005);
  // Two of VGG16's blocks of 512 channels: convolution, bias, batch norm.
  const std::int64_t block = 512 * 512 * 9 + 512 + 2 * 512;
  EXPECT_NEAR(100.0 * 2 * block / static_cast<double>(count_of("vgg16-cifar")), 32.06, 0.005);
}

TEST(Zoo, NamesAndShapesAreTorchvisions) {
  int lists = 0;
  for (const auto& entry : fs::directory_iterator(kHere / "state_dicts")) {
    const std::string name = entry.path().stem();
    const Architecture architecture = zoo_member(name);
    std::vector<ParameterShape> ours = parameter_shapes(architecture);
    for (const ParameterShape& buffer : buffer_shapes(architecture)) ours.push_back(buffer);
    std::vector<ParameterShape> theirs = read_list(entry.path());
    std::erase_if(theirs, [](const ParameterShape& tensor) { return tensor.name.ends_with("num_batches_tracked"); });
    EXPECT_THAT(ours, UnorderedElementsAreArray(theirs)) << name;
    ++lists;
  }
  EXPECT_EQ(lists, 12);
}

TEST(Zoo, ASmallImagesResNetDiffersFromTorchvisionsByTheKernelOfItsStem) {
  for (const std::string depth : {"18", "34", "50", "101"}) {
    std::vector<ParameterShape> expected = parameter_shapes(zoo_member("resnet" + depth));
    expected.front() = {"conv1.weight", {64, 3, 3, 3}};
    EXPECT_EQ(parameter_shapes(zoo_member("resnet" + depth + "-cifar")), expected);
  }
}

TEST(Zoo, ASavedNetworkIsACompleteStateDict) {
  EXPECT_THAT(saved_tensors(zoo_member("resnet18")),
              UnorderedElementsAreArray(read_list(kHere / "state_dicts/resnet18.txt")));
}

TEST(Zoo, ForwardAgreesWithTorchvisionInFloat64) {
  std::ifstream file(kHere / "torchvision_logits.txt");
  int networks = 0;
  for (std::string line; std::getline(file, line); ++networks) {
    std::istringstream words(line);
    std::string name;
    double width = 0;
    std::vector<std::int64_t> image(3);
    words >> name >> width >> image[0] >> image[1] >> image[2];
    std::vector<double> logits(10);
    for (double& logit : logits) words >> logit;
    ASSERT_TRUE(words) << line;
    const Network network = patterned_network(make_architecture({.name = name, .width = width}, image, 10));
    const at::Tensor batch = pattern(0, image).to(at::kFloat).unsqueeze(0);
    const at::Tensor expected = at::tensor(logits, at::TensorOptions(at::kDouble)).unsqueeze(0);
    EXPECT_LE(relative_to_largest(forward(network, batch), expected), 1e-5) << name;
  }
  EXPECT_EQ(networks, 18);
}

TEST(Zoo, EveryNameOfAConfigIsMade) {
  for (const std::string& name : model_names()) {
    const Architecture architecture = zoo_member(name);
    EXPECT_EQ(architecture.name, name);
    EXPECT_EQ(category_count(architecture), 10);
  }
}

TEST(Zoo, AnUnknownNameIsAnsweredWithTheNearest) {
  EXPECT_THAT(message_of<InputError>([] { zoo_member("resnet101-cifer"); }),
              HasSubstr("did you mean 'resnet101-cifar'"));
}

TEST(Zoo, ImagesTooSmallForTheNetworkAreRefused) {
  EXPECT_THAT(message_of<InputError>([] { make_vgg_cifar(16, {1, 28, 28}, 10); }), HasSubstr("images are too small"));
}

TEST(Width, MultipliesEveryHiddenWidth) {
  for (const std::string& name : model_names()) {
    const std::vector<ParameterShape> full = parameter_shapes(zoo_member(name));
    const std::vector<ParameterShape> half = parameter_shapes(zoo_member(name, 0.5));
    ASSERT_EQ(half.size(), full.size()) << name;
    for (std::size_t i = 0; i < full.size(); ++i) {
      EXPECT_EQ(half[i].name, full[i].name);
      const bool is_head = full[i].shape[0] == 10;
      EXPECT_EQ(half[i].shape[0] * (is_head ? 1 : 2), full[i].shape[0]) << name << ' ' << full[i].name;
    }
  }
}

TEST(Width, IsRoundedToAtLeastOne) {
  const Architecture narrow = zoo_member("resnet50-cifar", 0.001);
  EXPECT_EQ(parameter_shapes(narrow)[0], (ParameterShape{"conv1.weight", {1, 3, 3, 3}}));
  EXPECT_EQ(parameter_shapes(make_architecture({.name = "mlp", .hidden = {6, 5}, .width = 0.25}, {1, 2, 2}, 3)),
            parameter_shapes(make_mlp({1, 2, 2}, {2, 1}, 3)));
}

}  // namespace
}  // namespace neusemslice
