#include "models/onnx.hpp"

#include <map>

#include <gmock/gmock.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/version.hpp"
#include "models/exportable_networks.hpp"
#include "models/network_builder.hpp"
#include "models/zoo.hpp"
#include "support/problem.hpp"
#include "support/temporary_folder.hpp"

namespace neusemslice {
namespace {

using namespace test_support;
using testing::ElementsAre;
using testing::HasSubstr;
using Shape = std::vector<std::int64_t>;

const std::vector<std::string> kNames = {"cat", "dog", "fox", "a \"quoted\" hen"};
const Normalisation kNormalisation = {{0.5, 0.25, 0.125}, {0.25, 0.5, 2}};

OnnxExport export_options(bool with_normalisation = false) {
  return {kNames, kNormalisation, with_normalisation};
}

onnx::ModelProto parsed(const std::string& bytes) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(bytes));
  return model;
}

onnx::ModelProto exported(const Network& network, const OnnxExport& options = export_options()) {
  return parsed(onnx_bytes(network, options));
}

std::vector<std::string> operations(const onnx::ModelProto& model) {
  std::vector<std::string> types;
  for (const onnx::NodeProto& node : model.graph().node()) types.push_back(node.op_type());
  return types;
}

/// "float32 (batch, 3, 28, 28)".
std::string type_text(const onnx::ValueInfoProto& value) {
  const onnx::TypeProto_Tensor& tensor = value.type().tensor_type();
  std::string text = tensor.elem_type() == onnx::TensorProto::UINT8 ? "uint8 (" : "float32 (";
  for (const onnx::TensorShapeProto_Dimension& extent : tensor.shape().dim()) {
    if (!text.ends_with('(')) text += ", ";
    text += extent.has_dim_value() ? std::to_string(extent.dim_value()) : extent.dim_param();
  }
  return text + ")";
}

/// ONNX's own idea of every value's shape; throws where the model contradicts itself.
std::map<std::string, std::string> inferred_types(onnx::ModelProto model) {
  onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(),
                                     onnx::ShapeInferenceOptions(/*check_type=*/true, /*strict_mode=*/1));
  std::map<std::string, std::string> types;
  for (const onnx::ValueInfoProto& value : model.graph().value_info()) types[value.name()] = type_text(value);
  for (const onnx::ValueInfoProto& value : model.graph().output()) types[value.name()] = type_text(value);
  return types;
}

/// What the file should call the value of a step that is not the last.
std::string value_name(const Architecture& architecture, std::size_t index) {
  const Node& node = architecture.nodes[index];
  return node.name.empty() ? fmt::format("{}_{}", operation_name(node.operation), index) : node.name + ".output";
}

TEST(Onnx, ModelsOfEveryOperationPassTheChecker) {
  for (const Network& network : exportable_networks()) {
    for (const bool with_normalisation : {false, true}) {
      const onnx::ModelProto model = exported(network, export_options(with_normalisation));
      EXPECT_NO_THROW(onnx::checker::check_model(model)) << network.architecture.name;
    }
  }
}

TEST(Onnx, ShapesThatOnnxInfersAreTheNetworks) {
  for (const Network& network : exportable_networks()) {
    const Architecture& architecture = network.architecture;
    const std::vector<Shape> shapes = node_shapes(architecture);
    const std::map<std::string, std::string> types = inferred_types(exported(network));
    for (std::size_t i = 0; i + 1 < shapes.size(); ++i) {
      const Operation operation = architecture.nodes[i].operation;
      if (operation == Operation::input || operation == Operation::dropout) continue;
      const std::string name = value_name(architecture, i);
      ASSERT_TRUE(types.contains(name)) << architecture.name << ": " << name;
      EXPECT_EQ(types.at(name), fmt::format("float32 (batch, {})", fmt::join(shapes[i], ", ")))
          << architecture.name << ": " << name;
    }
    EXPECT_EQ(types.at("logits"), "float32 (batch, 4)");
  }
}

TEST(Onnx, InitialisersAreTheStateDictBitForBit) {
  for (const Network& network : exportable_networks()) {
    const onnx::ModelProto model = exported(network);
    std::map<std::string, const onnx::TensorProto*> found;
    for (const onnx::TensorProto& tensor : model.graph().initializer()) found[tensor.name()] = &tensor;
    Parameters state = network.parameters;
    state.insert(network.buffers.begin(), network.buffers.end());
    for (const auto& [name, expected] : state) {
      ASSERT_TRUE(found.contains(name)) << name;
      const onnx::TensorProto& tensor = *found.at(name);
      EXPECT_EQ(Shape(tensor.dims().begin(), tensor.dims().end()), expected.sizes().vec()) << name;
      EXPECT_EQ(tensor.raw_data(), std::string(static_cast<const char*>(expected.const_data_ptr()), expected.nbytes()))
          << name;
    }
  }
}

TEST(Onnx, AModelSaysWhatItIsAndHowToFeedIt) {
  const Network network = make_network(make_mlp({3, 2, 2}, {5}, 4), 1);
  const onnx::ModelProto model = exported(network);
  EXPECT_EQ(model.ir_version(), 8);
  ASSERT_EQ(model.opset_import_size(), 1);
  EXPECT_EQ(model.opset_import(0).domain(), "");
  EXPECT_EQ(model.opset_import(0).version(), 17);
  EXPECT_EQ(model.producer_name(), "neusemslice");
  EXPECT_EQ(model.producer_version(), program_version());
  ASSERT_EQ(model.graph().input_size(), 1);
  EXPECT_EQ(model.graph().input(0).name(), "images");
  EXPECT_EQ(type_text(model.graph().input(0)), "float32 (batch, 3, 2, 2)");
  ASSERT_EQ(model.graph().output_size(), 1);
  EXPECT_EQ(type_text(model.graph().output(0)), "float32 (batch, 4)");

  std::map<std::string, std::string> metadata;
  for (const onnx::StringStringEntryProto& entry : model.metadata_props()) metadata[entry.key()] = entry.value();
  const std::map<std::string, std::string> expected = {{"neusemslice_version", program_version()},
                                                       {"architecture", "mlp"},
                                                       {"opset", "17"},
                                                       {"parameters", "89"},  // 12 * 5 + 5 + 5 * 4 + 4
                                                       {"input_shape", "[3,2,2]"},
                                                       {"categories", R"(["cat","dog","fox","a \"quoted\" hen"])"},
                                                       {"mean", "[0.5,0.25,0.125]"},
                                                       {"deviation", "[0.25,0.5,2.0]"},
                                                       {"normalisation_in_graph", "false"}};
  EXPECT_EQ(metadata, expected);
}

TEST(Onnx, WithoutANormalisationMeanAndDeviationAreZeroAndOne) {
  const Network network = make_network(make_mlp({2, 1, 1}, {5}, 4), 1);
  const onnx::ModelProto model = exported(network, {kNames, {}, false});
  std::map<std::string, std::string> metadata;
  for (const onnx::StringStringEntryProto& entry : model.metadata_props()) metadata[entry.key()] = entry.value();
  EXPECT_EQ(metadata.at("mean"), "[0.0,0.0]");
  EXPECT_EQ(metadata.at("deviation"), "[1.0,1.0]");
}

TEST(Onnx, NormalisationInTheGraphTakesPixelsAsBytes) {
  const Network network = make_network(make_mlp({3, 2, 2}, {5}, 4), 1);
  const onnx::ModelProto model = exported(network, export_options(true));
  EXPECT_EQ(model.graph().input(0).name(), "pixels");
  EXPECT_EQ(type_text(model.graph().input(0)), "uint8 (batch, 3, 2, 2)");
  EXPECT_THAT(operations(model), ElementsAre("Cast", "Div", "Sub", "Div", "Flatten", "Gemm", "Relu", "Gemm"));
  const onnx::ModelProto plain = exported(network, {kNames, {}, true});
  EXPECT_THAT(operations(plain), ElementsAre("Cast", "Div", "Flatten", "Gemm", "Relu", "Gemm"));
}

TEST(Onnx, DropoutIsLeftOutWhereverItStands) {
  NetworkBuilder builder("dropout", {1, 1, 2});
  builder.dropout(0.1);
  builder.flatten();
  builder.dropout(0.2);
  builder.dropout(0.3);
  builder.linear("fc", 4);
  builder.dropout(0.4);
  const onnx::ModelProto model = exported(make_network(std::move(builder).build(Initialisation::uniform), 2));
  EXPECT_NO_THROW(onnx::checker::check_model(model));
  EXPECT_THAT(operations(model), ElementsAre("Flatten", "Gemm"));
  EXPECT_EQ(model.graph().node(0).input(0), "images");
  EXPECT_EQ(model.graph().node(1).input(0), "flatten_2");
  EXPECT_EQ(model.graph().node(1).output(0), "logits");
}

TEST(Onnx, AdaptivePoolingIsTheSimplestOperationThatIsExact) {
  const auto pooling = [](const Shape& image, std::int64_t outputs) {
    NetworkBuilder builder("pooling", image);
    builder.adaptive_average_pool(outputs);
    builder.flatten();
    builder.linear("fc", 4);
    std::vector<std::string> types =
        operations(exported(make_network(std::move(builder).build(Initialisation::uniform), 3)));
    types.resize(types.size() - 2);
    return types;
  };
  EXPECT_THAT(pooling({3, 7, 9}, 1), ElementsAre("GlobalAveragePool"));
  EXPECT_THAT(pooling({3, 6, 9}, 3), ElementsAre("AveragePool"));
  EXPECT_THAT(pooling({3, 6, 7}, 3), ElementsAre("MatMul", "MatMul"));
  EXPECT_THAT(pooling({3, 1, 1}, 7), ElementsAre("MatMul", "MatMul"));
}

TEST(Onnx, EqualNetworksGiveEqualBytes) {
  for (const Network& network : exportable_networks()) {
    const std::string bytes = onnx_bytes(network, export_options());
    Network other = network.clone();
    EXPECT_TRUE(onnx_bytes(other, export_options()) == bytes);
    other.parameters.begin()->second.flatten()[0] += 1;
    EXPECT_FALSE(onnx_bytes(other, export_options()) == bytes);
  }
}

TEST(Onnx, AFileHoldsTheBytes) {
  const TemporaryFolder folder;
  const Network network = exportable_networks().front();
  write_onnx(folder / "model.onnx", network, export_options());
  EXPECT_TRUE(read_file(folder / "model.onnx") == onnx_bytes(network, export_options()));
}

TEST(Onnx, MoreWeightsThanAFileCanHoldAreRefusedBeforeTheyAreTouched) {
  const Network network = {make_mlp({1, 1, 1}, {200'000'000}, 3), {}, {}};  // 1e9 parameters, and none is here
  EXPECT_EQ(message_of<InputError>([&] { onnx_bytes(network, export_options()); }),
            "mlp: its weights take 4.0 GB, and an ONNX file holds less than 2 GB");
}

TEST(Onnx, CategoryNamesMustBeAsManyAsTheLogits) {
  const Network network = make_network(make_mlp({1, 1, 1}, {2}, 5), 1);
  EXPECT_EQ(message_of<InputError>([&] { onnx_bytes(network, export_options()); }),
            "mlp: gives 5 logits, but 4 categories are named");
}

TEST(Onnx, APlaceThatCannotBeWrittenIsNamed) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "");
  EXPECT_THAT(message_of<InputError>(
                  [&] { write_onnx(folder / "file/m.onnx", exportable_networks().front(), export_options()); }),
              HasSubstr((folder / "file").string()));
}

}  // namespace
}  // namespace neusemslice
