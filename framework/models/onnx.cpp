#include "models/onnx.hpp"

#include <bit>
#include <limits>

#include <nlohmann/json.hpp>
#include <onnx/onnx_pb.h>

#include "core/error.hpp"
#include "core/files.hpp"
#include "core/version.hpp"

namespace neusemslice {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX's raw data are little-endian");

using Shape = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

// One protobuf message ends at 2 GiB; this much of it is left for all that is no weight.
constexpr std::int64_t kMostWeightBytes = std::int64_t{std::numeric_limits<std::int32_t>::max()} - (16 << 20);

std::int64_t weight_bytes(const Architecture& architecture) {
  std::int64_t floats = parameter_count(architecture);
  for (const ParameterShape& buffer : buffer_shapes(architecture)) floats += buffer.shape.at(0);
  return floats * static_cast<std::int64_t>(sizeof(float));
}

void check(const Network& network, const OnnxExport& options) {
  const Architecture& architecture = network.architecture;
  const std::int64_t bytes = weight_bytes(architecture);
  require_input(bytes <= kMostWeightBytes, "{}: its weights take {}, and an ONNX file holds less than 2 GB",
                architecture.name, human_bytes(bytes));
  const std::int64_t categories = category_count(architecture);
  require_input(static_cast<std::int64_t>(options.category_names.size()) == categories,
                "{}: gives {} logits, but {} categories are named", architecture.name, categories,
                options.category_names.size());
}

/// The normalisation with a mean and a deviation for every channel, also where there is only the division by 255.
Normalisation complete(const Normalisation& normalisation, std::int64_t channels) {
  if (!normalisation.mean.empty()) return normalisation;
  const auto count = static_cast<std::size_t>(channels);
  return {std::vector<double>(count, 0.0), std::vector<double>(count, 1.0)};
}

/// Row i averages the entries of window i of adaptive pooling, [floor(i * extent / outputs), ceil((i + 1) * extent /
/// outputs)): (outputs, extent).
at::Tensor averaging_matrix(std::int64_t extent, std::int64_t outputs) {
  at::Tensor matrix = at::zeros({outputs, extent}, at::kFloat);
  for (std::int64_t i = 0; i < outputs; ++i) {
    const std::int64_t begin = i * extent / outputs;
    const std::int64_t end = ((i + 1) * extent + outputs - 1) / outputs;
    matrix[i].slice(0, begin, end).fill_(1.0 / static_cast<double>(end - begin));
  }
  return matrix;
}

void set_type(onnx::ValueInfoProto& value, const std::string& name, std::int32_t type, const Shape& sample_shape) {
  value.set_name(name);
  onnx::TypeProto_Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape()->add_dim()->set_dim_param("batch");
  for (const std::int64_t extent : sample_shape) tensor.mutable_shape()->add_dim()->set_dim_value(extent);
}

onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const char* name, onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void set_integer(onnx::NodeProto& node, const char* name, std::int64_t value) {
  add_attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}

void set_integers(onnx::NodeProto& node, const char* name, const Shape& values) {
  onnx::AttributeProto& attribute = add_attribute(node, name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

/// Kernel, stride and padding of a square window; padding on all four sides.
void set_window(onnx::NodeProto& node, const Node& step) {
  set_integers(node, "kernel_shape", {step.kernel, step.kernel});
  set_integers(node, "strides", {step.stride, step.stride});
  set_integers(node, "pads", Shape(4, step.padding));
}

/// Writes the nodes of a network into an ONNX graph. A value is named after the layer that makes it,
/// `features.0.output`, or after its operation and place, `relu_1`; so, as all that belongs to a layer has a dot in its
/// name and nothing else has, no two names meet.
class GraphWriter {
 public:
  GraphWriter(const Network& network, const OnnxExport& options, onnx::GraphProto& graph)
      : network_(network),
        shapes_(node_shapes(network.architecture)),
        values_(shapes_.size()),
        result_(last_but_dropout(network.architecture)),
        options_(options),
        graph_(graph) {}

  void write() {
    graph_.set_name(network_.architecture.name);
    for (std::size_t i = 0; i < shapes_.size(); ++i) values_[i] = write_step(i);
    set_type(*graph_.add_output(), "logits", onnx::TensorProto::FLOAT, shapes_.back());
  }

 private:
  static std::size_t last_but_dropout(const Architecture& architecture) {
    std::size_t last = architecture.nodes.size() - 1;
    while (architecture.nodes[last].operation == Operation::dropout) {
      last = static_cast<std::size_t>(architecture.nodes[last].inputs[0]);
    }
    return last;
  }

  [[nodiscard]] const Node& step(std::size_t index) const { return network_.architecture.nodes[index]; }

  [[nodiscard]] std::string title(std::size_t index) const {
    const Node& node = step(index);
    return node.name.empty() ? fmt::format("{}_{}", operation_name(node.operation), index) : node.name;
  }

  [[nodiscard]] std::string value_name(std::size_t index) const {
    if (index == result_) return "logits";
    return step(index).name.empty() ? title(index) : step(index).name + ".output";
  }

  [[nodiscard]] Names inputs(std::size_t index) const {
    Names names;
    for (const std::int64_t input : step(index).inputs) names.push_back(values_[static_cast<std::size_t>(input)]);
    return names;
  }

  std::string add_tensor(const std::string& name, const at::Tensor& tensor) {
    const at::Tensor host = tensor.to(at::kCPU, at::kFloat).contiguous();
    onnx::TensorProto& initialiser = *graph_.add_initializer();
    initialiser.set_name(name);
    initialiser.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t extent : host.sizes()) initialiser.add_dims(extent);
    initialiser.set_raw_data(host.const_data_ptr(), host.nbytes());
    return name;
  }

  onnx::NodeProto& add_node(const char* type, const std::string& name, const Names& from, const std::string& to) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(type);
    node.set_name(name);
    for (const std::string& input : from) node.add_input(input);
    node.add_output(to);
    return node;
  }

  /// A node that reads what the step reads, then the layer's own tensors.
  onnx::NodeProto& add_step(const char* type, std::size_t index, const Names& tensors = {}) {
    Names from = inputs(index);
    from.insert(from.end(), tensors.begin(), tensors.end());
    return add_node(type, title(index), from, value_name(index));
  }

  Names add_weight_and_bias(const Node& node) {
    Names names = {add_tensor(node.name + ".weight", network_.parameters.at(node.name + ".weight"))};
    if (node.bias) names.push_back(add_tensor(node.name + ".bias", network_.parameters.at(node.name + ".bias")));
    return names;
  }

  /// Gives the name of the step's value.
  std::string write_step(std::size_t index) {
    const Node& node = step(index);
    switch (node.operation) {
      case Operation::input:
        return options_.with_normalisation ? write_pixels(options_.normalisation) : write_images();
      case Operation::dropout:
        return values_[static_cast<std::size_t>(node.inputs[0])];
      case Operation::flatten:
        set_integer(add_step("Flatten", index), "axis", 1);
        break;
      case Operation::linear:
        set_integer(add_step("Gemm", index, add_weight_and_bias(node)), "transB", 1);
        break;
      case Operation::convolution:
        set_window(add_step("Conv", index, add_weight_and_bias(node)), node);
        break;
      case Operation::batch_norm:
        write_batch_norm(index);
        break;
      case Operation::relu:
        add_step("Relu", index);
        break;
      case Operation::max_pool:
        set_window(add_step("MaxPool", index), node);
        break;
      case Operation::average_pool: {
        onnx::NodeProto& pool = add_step("AveragePool", index);
        set_window(pool, node);
        set_integer(pool, "count_include_pad", 1);
        break;
      }
      case Operation::adaptive_average_pool:
        write_adaptive_pool(index);
        break;
      case Operation::add:
        add_step(node.inputs.size() == 2 ? "Add" : "Sum", index);
        break;
    }
    return value_name(index);
  }

  std::string write_images() {
    set_type(*graph_.add_input(), "images", onnx::TensorProto::FLOAT, network_.architecture.input_shape);
    return "images";
  }

  /// As Normaliser does (data/dataset.hpp).
  std::string write_pixels(const Normalisation& normalisation) {
    set_type(*graph_.add_input(), "pixels", onnx::TensorProto::UINT8, network_.architecture.input_shape);
    set_integer(add_node("Cast", "cast", {"pixels"}, "pixels_float"), "to", onnx::TensorProto::FLOAT);
    add_tensor("largest_pixel", at::full({}, 255.0));
    add_node("Div", "scale", {"pixels_float", "largest_pixel"}, "pixels_scaled");
    if (normalisation.mean.empty()) return "pixels_scaled";
    add_tensor("mean", at::tensor(normalisation.mean).view({-1, 1, 1}));
    add_tensor("deviation", at::tensor(normalisation.deviation).view({-1, 1, 1}));
    add_node("Sub", "centre", {"pixels_scaled", "mean"}, "pixels_centred");
    add_node("Div", "normalise", {"pixels_centred", "deviation"}, "images");
    return "images";
  }

  void write_batch_norm(std::size_t index) {
    const Node& node = step(index);
    Names tensors = add_weight_and_bias(node);
    for (const std::string& name : {node.name + ".running_mean", node.name + ".running_var"}) {
      tensors.push_back(add_tensor(name, network_.buffers.at(name)));
    }
    onnx::NodeProto& normalisation = add_step("BatchNormalization", index, tensors);
    add_attribute(normalisation, "epsilon", onnx::AttributeProto::FLOAT).set_f(static_cast<float>(kBatchNormEpsilon));
  }

  /// ONNX has no adaptive pooling to more than one value: equal windows are an ordinary pooling, others two products
  /// with matrices of averages, rows * value * columns.
  void write_adaptive_pool(std::size_t index) {
    const std::int64_t outputs = step(index).output_size;
    const Shape& input = shapes_[static_cast<std::size_t>(step(index).inputs[0])];
    if (outputs == 1) {
      add_step("GlobalAveragePool", index);
    } else if (input[1] % outputs == 0 && input[2] % outputs == 0) {
      const Shape window = {input[1] / outputs, input[2] / outputs};
      onnx::NodeProto& pool = add_step("AveragePool", index);
      set_integers(pool, "kernel_shape", window);
      set_integers(pool, "strides", window);
    } else {
      const std::string name = title(index);
      const std::string rows = add_tensor(name + "_rows", averaging_matrix(input[1], outputs));
      const std::string columns = add_tensor(name + "_columns", averaging_matrix(input[2], outputs).t());
      add_node("MatMul", name + "_across", {inputs(index)[0], columns}, name + "_across");
      add_node("MatMul", name + "_down", {rows, name + "_across"}, value_name(index));
    }
  }

  const Network& network_;
  std::vector<Shape> shapes_;
  Names values_;        ///< of every step; dropout's is its input's
  std::size_t result_;  ///< the step that makes the logits
  const OnnxExport& options_;
  onnx::GraphProto& graph_;
};

void add_metadata(onnx::ModelProto& model, const std::string& key, const std::string& value) {
  onnx::StringStringEntryProto& entry = *model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

void describe(onnx::ModelProto& model, const Architecture& architecture, const OnnxExport& options) {
  const Normalisation normalisation = complete(options.normalisation, architecture.input_shape.at(0));
  const auto add_json = [&](const std::string& key, const nlohmann::json& value) {
    add_metadata(model, key, value.dump());
  };
  add_metadata(model, "neusemslice_version", program_version());
  add_metadata(model, "architecture", architecture.name);
  add_json("opset", kOnnxOpset);
  add_json("parameters", parameter_count(architecture));
  add_json("input_shape", architecture.input_shape);
  add_json("categories", options.category_names);
  add_json("mean", normalisation.mean);
  add_json("deviation", normalisation.deviation);
  add_json("normalisation_in_graph", options.with_normalisation);
}

}  // namespace

std::string onnx_bytes(const Network& network, const OnnxExport& options) {
  check(network, options);
  onnx::ModelProto model;
  model.set_ir_version(kOnnxIrVersion);
  model.add_opset_import()->set_version(kOnnxOpset);
  model.set_producer_name("neusemslice");
  model.set_producer_version(program_version());
  describe(model, network.architecture, options);
  GraphWriter(network, options, *model.mutable_graph()).write();
  std::string bytes;
  require(model.SerializeToString(&bytes), "{}: the ONNX model could not be put into bytes", network.architecture.name);
  return bytes;
}

void write_onnx(const std::filesystem::path& path, const Network& network, const OnnxExport& options) {
  write_file_atomically(path, onnx_bytes(network, options));
}

}  // namespace neusemslice
