#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/suite.hpp"

namespace neusemslice {

enum class Operation { input, flatten, linear, relu };

/// One step of a network. Its inputs are earlier nodes, named by their position.
struct Node {
  Operation operation = Operation::input;
  std::string name;  ///< `state_dict` prefix of what has parameters (`fc1`), empty otherwise
  std::vector<std::int64_t> inputs;
  std::int64_t in_features = 0;   ///< of linear
  std::int64_t out_features = 0;  ///< of linear

  bool operator==(const Node&) const = default;
};

/// A network as a list of nodes in an order in which they can be computed; the last one gives the logits. It is plain
/// data: execution, units, masks, shrinking and partial training are all derived from it.
struct Architecture {
  std::string name;
  std::vector<std::int64_t> input_shape;  ///< of one sample: (channels, height, width)
  std::vector<Node> nodes;

  bool operator==(const Architecture&) const = default;
};

/// The name and shape of one parameter tensor.
struct ParameterShape {
  std::string name;
  std::vector<std::int64_t> shape;

  bool operator==(const ParameterShape&) const = default;
};

/// fc1, fc2, ...: linear layers with a ReLU between them; hidden widths as given, inputs and categories from the data.
Architecture make_mlp(const std::vector<std::int64_t>& input_shape, const std::vector<std::int64_t>& hidden,
                      std::int64_t categories);

/// The architecture a config names, for images of this shape.
Architecture make_architecture(const ModelConfig& model, const std::vector<std::int64_t>& input_shape,
                               std::int64_t categories);

/// Every parameter in the order of the nodes, weight before bias.
std::vector<ParameterShape> parameter_shapes(const Architecture& architecture);

std::int64_t parameter_count(const Architecture& architecture);

}  // namespace neusemslice
