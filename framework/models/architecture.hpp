#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace neusemslice {

enum class Operation {
  input,
  flatten,  ///< (C, H, W) to (C * H * W), channel by channel
  linear,
  convolution,  ///< two-dimensional, square kernel, no groups, no dilation
  batch_norm,   ///< per channel; epsilon 1e-5
  relu,
  max_pool,               ///< square windows, which may overlap; padding counts as minus infinity
  average_pool,           ///< square windows; padding counts as zeros that are averaged over, as in PyTorch's default
  adaptive_average_pool,  ///< to `output_size` x `output_size`
  dropout,                ///< does nothing but in training
  add,                    ///< of two or more tensors of one shape
};

/// "convolution", "batch_norm", ...
std::string_view operation_name(Operation operation);

/// One step of a network. Its inputs are earlier nodes, named by their position.
struct Node {
  Operation operation = Operation::input;
  std::string name;  ///< `state_dict` prefix of what has parameters (`features.0`), empty otherwise
  std::vector<std::int64_t> inputs;
  std::int64_t in_features = 0;   ///< of linear; channels of convolution and batch_norm
  std::int64_t out_features = 0;  ///< of linear; channels of convolution
  std::int64_t kernel = 0;        ///< of convolution and pooling
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t output_size = 0;  ///< of adaptive_average_pool
  double probability = 0;        ///< of dropout: of a value to become zero
  bool bias = true;              ///< of linear and convolution

  bool operator==(const Node&) const = default;
};

/// How parameters are drawn before training.
enum class Initialisation {
  uniform,  ///< PyTorch's default: weights and biases uniform in +-1/sqrt(inputs of one output)
  he,  ///< convolutions as torchvision's VGG and ResNet: normal with variance 2 / (outputs * kernel area), biases 0;
       ///< linear layers uniform, also VGG's, which torchvision draws normally
};

/// A network as a list of nodes in an order in which they can be computed; the last one gives the logits. It is plain
/// data: execution, units, masks, shrinking and partial training are all derived from it.
struct Architecture {
  std::string name;
  std::vector<std::int64_t> input_shape;  ///< of one sample: (channels, height, width)
  std::vector<Node> nodes;
  Initialisation initialisation = Initialisation::uniform;

  bool operator==(const Architecture&) const = default;
};

/// The name and shape of one tensor of a `state_dict`.
struct ParameterShape {
  std::string name;
  std::vector<std::int64_t> shape;

  bool operator==(const ParameterShape&) const = default;
};

/// Every parameter in the order of the nodes, weight before bias.
std::vector<ParameterShape> parameter_shapes(const Architecture& architecture);

/// Batch norm's running statistics, which training measures and nothing learns: `running_mean` before `running_var`.
std::vector<ParameterShape> buffer_shapes(const Architecture& architecture);

std::int64_t parameter_count(const Architecture& architecture);

/// The output shape of node `index` for one sample, (channels, height, width) or (features), from those of the nodes
/// before it. Throws InputError, naming the node, where it does not fit them.
std::vector<std::int64_t> node_shape(const Architecture& architecture, std::size_t index,
                                     const std::vector<std::vector<std::int64_t>>& shapes);

/// That of every node.
std::vector<std::vector<std::int64_t>> node_shapes(const Architecture& architecture);

/// Outputs of the last node; throws InputError unless they are a vector.
std::int64_t category_count(const Architecture& architecture);

}  // namespace neusemslice
