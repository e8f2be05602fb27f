#include "similarity/curve_file.hpp"

#include "core/error.hpp"

namespace neusemslice {

TensorMap curve_tensors(const SimilarityCurves& curves, at::ScalarType type) {
  TensorMap tensors;
  for (const auto& [layer, metrics] : curves) {
    for (const auto& [metric, curve] : metrics) tensors[layer + "/" + metric] = curve.to(type);
  }
  return tensors;
}

SimilarityCurves curves_of(const TensorMap& tensors) {
  SimilarityCurves curves;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t slash = name.find('/');
    require_input(slash != std::string::npos, "'{}' is not the name of a curve: expected layer/metric", name);
    curves[name.substr(0, slash)][name.substr(slash + 1)] = tensor.to(at::kDouble).contiguous();
  }
  return curves;
}

}  // namespace neusemslice
