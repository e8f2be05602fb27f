#include "baselines/layer_removal.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace neusemslice {
namespace {

using Shape = std::vector<std::int64_t>;

/// Gives a convolution the smallest kernel, then the smallest stride, with which unpadded windows over maps of one
/// shape give those of the other.
void fit_windows(Node& node, const Shape& from, const Shape& to) {
  const auto windows = [](std::int64_t extent, std::int64_t kernel, std::int64_t stride) {
    return (extent - kernel) / stride + 1;
  };
  for (node.kernel = 1; node.kernel <= std::min(from[1], from[2]); ++node.kernel) {
    for (node.stride = 1; node.stride <= std::max(from[1], from[2]); ++node.stride) {
      if (windows(from[1], node.kernel, node.stride) == to[1] && windows(from[2], node.kernel, node.stride) == to[2]) {
        return;
      }
    }
  }
  throw InputError(fmt::format("layer '{}': no convolution makes maps of {}x{} from {}x{}", node.name, to[1], to[2],
                               from[1], from[2]));
}

Node sewing_node(const std::string& name, const Shape& from, const Shape& to) {
  Node node{.name = "sewing." + name, .in_features = from[0], .out_features = to[0]};
  if (from.size() == 1) {
    node.operation = Operation::linear;
  } else {
    node.operation = Operation::convolution;
    fit_windows(node, from, to);
  }
  return node;
}

/// Copies an architecture node by node; what is left out is stood for by another node.
class Copy {
 public:
  explicit Copy(const Architecture& original) : original_(original), place_(original.nodes.size(), -1) {
    copy_.name = original.name;
    copy_.input_shape = original.input_shape;
    copy_.initialisation = original.initialisation;
  }

  void keep(std::int64_t node) {
    Node kept = original_.nodes[static_cast<std::size_t>(node)];
    for (std::int64_t& input : kept.inputs) input = place(input);
    place(node) = append(std::move(kept));
  }

  /// Readers of `node` read what stands for `other` instead.
  void replace(std::int64_t node, std::int64_t other) { place(node) = place(other); }

  /// Readers of `node` read a sewing layer behind what stands for it, unless that has the shape that they expect.
  void sew(std::int64_t node, const std::string& name, const Shape& expected) {
    const Shape& given = shapes_[static_cast<std::size_t>(place(node))];
    if (given == expected) return;
    Node sewing = sewing_node(name, given, expected);
    sewing.inputs = {place(node)};
    place(node) = append(std::move(sewing));
  }

  [[nodiscard]] Architecture take() && { return std::move(copy_); }

 private:
  std::int64_t& place(std::int64_t node) { return place_[static_cast<std::size_t>(node)]; }

  std::int64_t append(Node node) {
    copy_.nodes.push_back(std::move(node));
    shapes_.push_back(node_shape(copy_, copy_.nodes.size() - 1, shapes_));
    return static_cast<std::int64_t>(copy_.nodes.size()) - 1;
  }

  const Architecture& original_;
  Architecture copy_;
  std::vector<Shape> shapes_;
  std::vector<std::int64_t> place_;  ///< which node of the copy stands for each of the original
};

/// Whether the next layer reads this one's output as it is, pooled or flattened: nothing between them expects a width.
bool follows(const Architecture& architecture, const ComparedLayer& layer, const ComparedLayer& next) {
  for (std::int64_t i = layer.output + 1; i <= next.input; ++i) {
    if (!architecture.nodes[static_cast<std::size_t>(i)].name.empty()) return false;
  }
  return true;
}

void require_removable(const std::vector<ComparedLayer>& removed) {
  for (std::size_t i = 0; i < removed.size(); ++i) {
    require_input(removed[i].removable, "layer '{}' cannot be taken out", removed[i].name);
    require(i == 0 || removed[i - 1].output <= removed[i].input, "layers {} and {} overlap", removed[i - 1].name,
            removed[i].name);
  }
}

std::vector<std::string> parameter_names(const Architecture& architecture) {
  std::vector<std::string> names;
  for (const ParameterShape& parameter : parameter_shapes(architecture)) names.push_back(parameter.name);
  return names;
}

bool belongs_to(const std::string& parameter, const std::vector<std::string>& layers) {
  return std::ranges::find(layers, parameter.substr(0, parameter.rfind('.'))) != layers.end();
}

Architecture without(const Architecture& architecture, const std::vector<ComparedLayer>& removed,
                     std::vector<std::string>& sewing) {
  const std::vector<Shape> shapes = node_shapes(architecture);
  Copy copy(architecture);
  std::int64_t node = 0;
  std::size_t run = 0;  // where the current run of removed layers begins
  for (std::size_t i = 0; i < removed.size(); ++i) {
    while (node <= removed[i].input) copy.keep(node++);
    copy.replace(removed[i].output, removed[i].input);
    node = removed[i].output + 1;
    if (i + 1 < removed.size() && follows(architecture, removed[i], removed[i + 1])) continue;
    copy.sew(removed[i].output, removed[run].name, shapes[static_cast<std::size_t>(removed[i].output)]);
    run = i + 1;
  }
  const auto end = static_cast<std::int64_t>(architecture.nodes.size());
  while (node < end) copy.keep(node++);
  Architecture result = std::move(copy).take();
  for (const Node& added : result.nodes) {
    if (added.name.starts_with("sewing.")) sewing.push_back(added.name);
  }
  return result;
}

}  // namespace

LayerRemoval remove_layers(const Architecture& architecture, std::vector<ComparedLayer> removed) {
  std::ranges::sort(removed, {}, &ComparedLayer::output);
  require_removable(removed);
  LayerRemoval removal;
  removal.architecture = without(architecture, removed, removal.sewing);
  for (const std::string& name : parameter_names(removal.architecture)) {
    if (!belongs_to(name, removal.sewing)) removal.kept_parameters.push_back(name);
  }
  return removal;
}

Network without_layers(const Network& network, const LayerRemoval& removal, std::uint64_t seed) {
  Architecture only_sewing = removal.architecture;
  std::erase_if(only_sewing.nodes,
                [&](const Node& node) { return std::ranges::find(removal.sewing, node.name) == removal.sewing.end(); });
  Network result{removal.architecture, {}, {}};
  for (const auto& [name, value] : make_network(only_sewing, seed).parameters) {
    result.parameters.emplace(name, value.to(network.device()));
  }
  for (const std::string& name : removal.kept_parameters) result.parameters.emplace(name, network.parameters.at(name));
  for (const ParameterShape& buffer : buffer_shapes(removal.architecture)) {
    result.buffers.emplace(buffer.name, network.buffers.at(buffer.name));
  }
  return result;
}

TrainableParameters train_sewing(const LayerRemoval& removal) {
  TrainableParameters trainable;
  for (const std::string& name : parameter_names(removal.architecture)) {
    if (belongs_to(name, removal.sewing)) trainable.emplace(name, TrainableRegion{});
  }
  return trainable;
}

}  // namespace neusemslice
