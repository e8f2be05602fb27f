#include "models/weights.hpp"

#include <set>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "models/safetensors.hpp"
#include "models/zoo.hpp"

namespace neusemslice {
namespace {

std::string shape_text(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::vector<std::string> names_of(const TensorMap& tensors) {
  std::vector<std::string> names;
  for (const auto& entry : tensors) names.push_back(entry.first);
  return names;
}

void check_tensor(const std::filesystem::path& path, const std::string& name, const at::Tensor& tensor) {
  require_input(tensor.scalar_type() == at::kFloat, "{}: tensor '{}' is {}, expected float32: convert the weights",
                path.string(), name, at::toString(tensor.scalar_type()));
  const bool finite = tensor.isfinite().all().item<bool>();
  require_input(finite, "{}: tensor '{}' holds NaN or infinite values: train it again", path.string(), name);
}

/// fc<i>.weight as a matrix.
const at::Tensor& mlp_weight(const std::filesystem::path& path, const TensorMap& tensors, std::int64_t index) {
  const std::string name = fmt::format("fc{}.weight", index);
  const auto found = tensors.find(name);
  require_input(found != tensors.end(), "{}: no tensor '{}', which an mlp needs; it holds: {}", path.string(), name,
                fmt::join(names_of(tensors), ", "));
  require_input(found->second.dim() == 2, "{}: tensor '{}' has shape {}, expected a matrix", path.string(), name,
                shape_text(found->second.sizes()));
  return found->second;
}

}  // namespace

Network load_network(const std::filesystem::path& path, const Architecture& architecture) {
  const TensorMap tensors = read_safetensors(path);
  Network network{architecture, {}};
  for (const ParameterShape& parameter : parameter_shapes(architecture)) {
    const auto found = tensors.find(parameter.name);
    require_input(found != tensors.end(), "{}: no tensor '{}'; it holds: {}", path.string(), parameter.name,
                  fmt::join(names_of(tensors), ", "));
    require_input(found->second.sizes() == at::IntArrayRef(parameter.shape),
                  "{}: tensor '{}' has shape {}, expected {}", path.string(), parameter.name,
                  shape_text(found->second.sizes()), shape_text(parameter.shape));
    check_tensor(path, parameter.name, found->second);
    network.parameters.emplace(parameter.name, found->second);
  }
  for (const ParameterShape& buffer : buffer_shapes(architecture)) {
    const at::Tensor& tensor = tensors.at(buffer.name);
    network.buffers.emplace(buffer.name, tensor);
  }
  for (const auto& entry : tensors) {
    require_input(network.parameters.contains(entry.first), "{}: tensor '{}' belongs to no layer of {}", path.string(),
                  entry.first, architecture.name);
  }
  return network;
}

Architecture architecture_of_weights(const std::string& model, const std::filesystem::path& path,
                                     const std::vector<std::int64_t>& input_shape, std::int64_t categories) {
  require_input(model == "mlp", "no model is named '{}'{}", model, suggestion(model, {"mlp"}));
  const TensorMap tensors = read_safetensors(path);
  std::int64_t inputs = 1;
  for (const std::int64_t extent : input_shape) inputs *= extent;
  std::vector<std::int64_t> widths;
  for (std::int64_t i = 1; i == 1 || tensors.contains(fmt::format("fc{}.weight", i)); ++i) {
    const at::Tensor& weight = mlp_weight(path, tensors, i);
    const std::int64_t expected = widths.empty() ? inputs : widths.back();
    require_input(weight.size(1) == expected && weight.size(0) > 0,
                  "{}: tensor 'fc{}.weight' has shape {}, expected [outputs, {}]{}", path.string(), i,
                  shape_text(weight.sizes()), expected, widths.empty() ? " for these images" : "");
    widths.push_back(weight.size(0));
  }
  require_input(widths.back() == categories, "{}: the last layer 'fc{}' has {} outputs, the data {} categories",
                path.string(), widths.size(), widths.back(), categories);
  widths.pop_back();
  require_input(!widths.empty(), "{}: an mlp needs at least one hidden layer: fc1, fc2", path.string());
  return make_mlp(input_shape, widths, categories);
}

void save_network(const std::filesystem::path& path, const Network& network) {
  write_safetensors(path, network.parameters, {{"format", "pt"}});
}

}  // namespace neusemslice
