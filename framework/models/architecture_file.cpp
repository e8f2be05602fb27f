#include "models/architecture_file.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "config/reader.hpp"
#include "core/error.hpp"
#include "core/files.hpp"
#include "core/text.hpp"
#include "models/network_builder.hpp"
#include "models/residual.hpp"

namespace neusemslice {
namespace {

constexpr double kMostParameters = 1e11;

/// In floating point, where two large widths do not overflow.
double parameters_of(const Architecture& architecture) {
  double count = 0;
  for (const ParameterShape& parameter : parameter_shapes(architecture)) {
    count += std::accumulate(parameter.shape.begin(), parameter.shape.end(), 1.0, std::multiplies<>());
  }
  return count;
}

constexpr std::int64_t kMaxWidth = 1 << 20;
constexpr std::int64_t kMaxKernel = 1024;
constexpr std::int64_t kMaxBlocks = 1000;
constexpr const char* kInput = "input";            // what `from` calls the images
constexpr const char* kCategories = "categories";  // as many outputs as the data have categories

const std::map<std::string, Operation>& operations_by_name() {
  static const auto kOperations = [] {
    std::map<std::string, Operation> operations;
    for (int i = static_cast<int>(Operation::flatten); i <= static_cast<int>(Operation::add); ++i) {
      operations.emplace(operation_name(static_cast<Operation>(i)), static_cast<Operation>(i));
    }
    return operations;
  }();
  return kOperations;
}

std::vector<std::string> step_kinds() {
  std::vector<std::string> kinds = {"stem", "residual_stage"};
  for (const auto& entry : operations_by_name()) kinds.push_back(entry.first);
  return kinds;
}

/// Kernel, stride and padding.
void read_windows(ConfigReader& reader, Node& node) {
  const bool is_pooling = node.operation != Operation::convolution;
  node.kernel = reader.integer("kernel", std::nullopt, 1, kMaxKernel);
  node.stride = reader.integer("stride", is_pooling ? node.kernel : 1, 1, kMaxKernel);
  node.padding = reader.integer("padding", 0, 0, kMaxKernel);
}

Stem read_stem(ConfigReader& reader) {
  Stem stem;
  stem.channels = reader.integer("channels", stem.channels, 1, kMaxWidth);
  stem.kernel = reader.integer("kernel", stem.kernel, 1, kMaxKernel);
  stem.stride = reader.integer("stride", stem.stride, 1, kMaxKernel);
  stem.pool = reader.flag("pool", stem.pool);
  return stem;
}

/// Names of layers and of places: letters, digits, '_', '-' and, inside, '.'.
void require_word(const ConfigReader& reader, const std::string& key, const std::string& text) {
  const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
  if (!fits(text.front()) || !fits(text.back()) ||
      !std::ranges::all_of(text, [&](char c) { return fits(c) || c == '.'; })) {
    reader.refuse(key, fmt::format("'{}' may hold only letters, digits, '_', '-' and, inside, '.'", text));
  }
}

/// Turns the steps of a description, one after the other, into nodes.
class StepReader {
 public:
  StepReader(std::string name, const std::vector<std::int64_t>& input_shape, std::int64_t categories)
      : builder_(std::move(name), input_shape), categories_(categories), places_{{kInput, 0}}, step_of_node_(1) {}

  void read(const ConfigNode& step, const std::string& path) {
    ConfigReader reader(step, path);
    reader.text("step");  // it must be there
    const std::string kind = reader.choice("step", step_kinds(), "");
    const std::function<void()> append = appending(reader, kind);
    const std::string label = reader.text("as", "");
    if (!label.empty()) require_word(reader, "as", label);
    reader.finish();
    at_line_of(step, append);
    step_of_node_.resize(builder_.nodes().size(), &step);
    name_places(reader, label);
    if (kind == operation_name(Operation::flatten)) {
      section_ = "classifier";
      position_ = 0;
    } else {
      ++position_;
    }
  }

  /// The whole network, when every step is read by another one and the last gives the categories.
  Architecture finish(Initialisation initialisation) && {
    std::set<std::int64_t> read_nodes;
    for (const Node& node : builder_.nodes()) read_nodes.insert(node.inputs.begin(), node.inputs.end());
    for (std::int64_t i = 1; i < builder_.last(); ++i) {
      require_input(read_nodes.contains(i), "{}: no other step reads this one",
                    step_of_node_[static_cast<std::size_t>(i)]->where());
    }
    const Architecture architecture = std::move(builder_).build(initialisation);
    const ConfigNode& last = *step_of_node_.back();
    at_line_of(last, [&] {
      const std::int64_t outputs = category_count(architecture);
      require_input(outputs == categories_, "the last step has {} outputs, the data have {} categories", outputs,
                    categories_);
      const double count = parameters_of(architecture);
      require_input(count <= kMostParameters, "the steps have {:.1e} parameters, more than any memory holds", count);
    });
    return architecture;
  }

 private:
  /// Puts file and line before what is said of shapes that do not fit.
  static void at_line_of(const ConfigNode& step, const std::function<void()>& action) {
    try {
      action();
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}: {}", step.where(), error.what()));
    }
  }

  /// Reads the keys of a step; what is returned appends its nodes.
  std::function<void()> appending(ConfigReader& reader, const std::string& kind) {
    if (kind == "stem") return [this, stem = read_stem(reader)] { append_stem(builder_, stem); };
    if (kind == "residual_stage") {
      return [this, stage = read_stage(reader)] { append_residual_stage(builder_, stage); };
    }
    const Operation operation = operations_by_name().at(kind);
    std::vector<std::int64_t> inputs = read_inputs(reader, operation);
    return [this, node = read_node(reader, operation, builder_.channels(inputs.front())), inputs] {
      builder_.append(node, inputs);
    };
  }

  std::vector<std::int64_t> read_inputs(ConfigReader& reader, Operation operation) const {
    std::vector<std::int64_t> inputs;
    for (const std::string& label : reader.texts("from", {})) {
      const auto place = places_.find(label);
      if (place == places_.end()) reader.refuse("from", unknown_place(label));
      inputs.push_back(place->second);
    }
    if (operation == Operation::add) {
      if (inputs.size() < 2) reader.refuse("from", "expected two or more earlier steps to add");
    } else if (inputs.size() > 1) {
      reader.refuse("from", "expected one earlier step; only 'add' reads more");
    }
    return inputs.empty() ? std::vector<std::int64_t>{builder_.last()} : inputs;
  }

  [[nodiscard]] std::string unknown_place(const std::string& label) const {
    std::vector<std::string> known;
    for (const auto& place : places_) known.push_back(place.first);
    const std::string nearest = nearest_word(label, known);
    return fmt::format("no earlier step is called '{}'{}", label,
                       nearest.empty() ? ": write the name of a layer, or what a step has under 'as'"
                                       : fmt::format("; did you mean '{}'?", nearest));
  }

  Node read_node(ConfigReader& reader, Operation operation, std::int64_t channels) const {
    Node node{.operation = operation};
    switch (operation) {
      case Operation::convolution:
        node.name = read_name(reader);
        node.in_features = channels;
        node.out_features = reader.integer("channels", std::nullopt, 1, kMaxWidth);
        read_windows(reader, node);
        node.bias = reader.flag("bias", true);
        break;
      case Operation::linear:
        node.name = read_name(reader);
        node.in_features = channels;
        node.out_features = read_features(reader);
        node.bias = reader.flag("bias", true);
        break;
      case Operation::batch_norm:
        node.name = read_name(reader);
        node.in_features = channels;
        break;
      case Operation::max_pool:
      case Operation::average_pool:
        read_windows(reader, node);
        break;
      case Operation::adaptive_average_pool:
        node.output_size = reader.integer("size", std::nullopt, 1, kMaxKernel);
        break;
      case Operation::dropout:
        node.probability = reader.number("probability", 0.5, 0, 0.999);
        break;
      default:
        break;  // the others have no keys
    }
    return node;
  }

  /// As torchvision would name the layer, where the description does not.
  std::string read_name(ConfigReader& reader) const {
    std::string name = reader.text("name", fmt::format("{}.{}", section_, position_));
    require_word(reader, "name", name);
    return name;
  }

  std::int64_t read_features(ConfigReader& reader) const {
    const ConfigNode* features = reader.raw("features");
    if (features != nullptr && features->scalar == kCategories) return categories_;
    return reader.integer("features", std::nullopt, 1, kMaxWidth);
  }

  ResidualStage read_stage(ConfigReader& reader) {
    ResidualStage stage;
    stage.name = reader.text("name", fmt::format("layer{}", ++stages_));
    require_word(reader, "name", stage.name);
    stage.bottleneck = reader.choice("block", {"basic", "bottleneck"}, "basic") == "bottleneck";
    stage.blocks = reader.integer("blocks", stage.blocks, 1, kMaxBlocks);
    stage.channels = reader.integer("channels", std::nullopt, 1, kMaxWidth);
    stage.stride = reader.integer("stride", stage.stride, 1, kMaxKernel);
    return stage;
  }

  /// Lets later steps read the layers of the last step by name, and its output by `label`.
  void name_places(const ConfigReader& reader, const std::string& label) {
    const auto add = [&](const std::string& key, const std::string& name, std::int64_t node) {
      if (places_.emplace(name, node).second) return;
      reader.refuse(key, fmt::format("'{}' is the name of an earlier step", name));
    };
    const ConfigNode* step = step_of_node_.back();
    for (std::int64_t i = builder_.last(); step_of_node_[static_cast<std::size_t>(i)] == step; --i) {
      const std::string& name = builder_.nodes()[static_cast<std::size_t>(i)].name;
      if (!name.empty()) add("name", name, i);
    }
    if (!label.empty()) add("as", label, builder_.last());
  }

  NetworkBuilder builder_;
  std::int64_t categories_;
  std::map<std::string, std::int64_t> places_;   ///< what `from` can name
  std::vector<const ConfigNode*> step_of_node_;  ///< nullptr for the input
  std::string section_ = "features";             ///< of layers without a name, and this step's position in it
  std::int64_t position_ = 0;
  std::int64_t stages_ = 0;  ///< residual stages so far
};

// What follows writes.

/// How `from` names the nodes: the input, layers by their own names, others as step<i>.
std::vector<std::string> place_names(const Architecture& architecture) {
  std::string prefix = "step";
  const auto clashes = [&](const Node& node) { return node.name.starts_with(prefix); };
  while (std::ranges::any_of(architecture.nodes, clashes)) prefix += '_';
  std::vector<std::string> names;
  for (std::size_t i = 0; i < architecture.nodes.size(); ++i) {
    const std::string& name = architecture.nodes[i].name;
    names.push_back(i == 0 ? kInput : name.empty() ? fmt::format("{}{}", prefix, i) : name);
  }
  return names;
}

bool reads_the_step_before(const Node& node, std::size_t index) {
  return node.inputs.size() == 1 && node.inputs[0] + 1 == static_cast<std::int64_t>(index);
}

/// Nodes that others name in `from`.
std::set<std::int64_t> named_nodes(const Architecture& architecture) {
  std::set<std::int64_t> named;
  for (std::size_t i = 1; i < architecture.nodes.size(); ++i) {
    const Node& node = architecture.nodes[i];
    if (!reads_the_step_before(node, i)) named.insert(node.inputs.begin(), node.inputs.end());
  }
  return named;
}

std::string windows_text(const Node& node) {
  return fmt::format(", kernel: {}, stride: {}, padding: {}", node.kernel, node.stride, node.padding);
}

/// The keys that belong to the operation.
std::string keys_text(const Node& node) {
  const std::string bias = node.bias ? "" : ", bias: false";
  switch (node.operation) {
    case Operation::convolution:
      return fmt::format(", name: {}, channels: {}{}{}", node.name, node.out_features, windows_text(node), bias);
    case Operation::linear:
      return fmt::format(", name: {}, features: {}{}", node.name, node.out_features, bias);
    case Operation::batch_norm:
      return fmt::format(", name: {}", node.name);
    case Operation::max_pool:
    case Operation::average_pool:
      return windows_text(node);
    case Operation::adaptive_average_pool:
      return fmt::format(", size: {}", node.output_size);
    case Operation::dropout:
      return fmt::format(", probability: {}", node.probability);
    default:
      return "";
  }
}

}  // namespace

Architecture parse_architecture(const std::string& text, const std::string& title,
                                const std::vector<std::int64_t>& input_shape, std::int64_t categories) {
  const ConfigNode root = parse_config(text, title);
  ConfigReader reader(root, "");
  const std::string name = reader.text("name", std::filesystem::path(title).stem().string());
  const bool he = reader.choice("initialisation", {"uniform", "he"}, "uniform") == "he";
  const ConfigNode* steps = reader.raw("steps");
  if (steps == nullptr || steps->items.empty()) {
    reader.refuse("steps", "expected a list of steps, such as - {step: linear, features: 10}");
  }
  reader.finish();
  StepReader network(name, input_shape, categories);
  for (std::size_t i = 0; i < steps->items.size(); ++i) network.read(steps->items[i], fmt::format("steps[{}]", i));
  return std::move(network).finish(he ? Initialisation::he : Initialisation::uniform);
}

Architecture read_architecture(const std::filesystem::path& path, const std::vector<std::int64_t>& input_shape,
                               std::int64_t categories) {
  return parse_architecture(read_file(path), path.string(), input_shape, categories);
}

std::string architecture_text(const Architecture& architecture) {
  const std::vector<std::string> places = place_names(architecture);
  const std::set<std::int64_t> named = named_nodes(architecture);
  std::string text = fmt::format("name: {}\ninitialisation: {}\nsteps:\n", YAML::Dump(YAML::Node(architecture.name)),
                                 architecture.initialisation == Initialisation::he ? "he" : "uniform");
  for (std::size_t i = 1; i < architecture.nodes.size(); ++i) {
    const Node& node = architecture.nodes[i];
    text += fmt::format("  - {{step: {}{}", operation_name(node.operation), keys_text(node));
    if (!reads_the_step_before(node, i)) {
      std::vector<std::string> inputs;
      for (const std::int64_t input : node.inputs) inputs.push_back(places[static_cast<std::size_t>(input)]);
      text += fmt::format(", from: {}", inputs.size() == 1 ? inputs[0] : fmt::format("[{}]", fmt::join(inputs, ", ")));
    }
    if (node.name.empty() && named.contains(static_cast<std::int64_t>(i))) text += fmt::format(", as: {}", places[i]);
    text += "}\n";
  }
  return text;
}

void write_architecture(const std::filesystem::path& path, const Architecture& architecture) {
  write_file_atomically(path, architecture_text(architecture));
}

}  // namespace neusemslice
