#include "baselines/deeparc.hpp"

#include "core/error.hpp"

namespace neusemslice {

std::vector<double> adjacent_similarities(const at::Tensor& similarity) {
  const at::Tensor above = similarity.diagonal(1).to(at::kCPU, at::kDouble).contiguous();
  return {above.const_data_ptr<double>(), above.const_data_ptr<double>() + above.numel()};
}

std::vector<LayerModule> find_modules(const std::vector<double>& adjacent, double threshold) {
  std::vector<LayerModule> modules = {{0, 0}};
  for (std::size_t layer = 1; layer <= adjacent.size(); ++layer) {
    if (adjacent[layer - 1] > threshold) {
      modules.back().last = layer;
    } else {
      modules.push_back({layer, layer});
    }
  }
  return modules;
}

double modularity(const std::vector<LayerModule>& modules) {
  std::size_t in_modules = 0;
  std::size_t layers = 0;
  for (const LayerModule& module : modules) {
    layers += module.size();
    if (module.size() > 1) in_modules += module.size();
  }
  require(layers > 0, "modularity of no layers");
  return static_cast<double>(in_modules) / static_cast<double>(layers);
}

std::vector<std::size_t> redundant_layers(const std::vector<ComparedLayer>& layers,
                                          const std::vector<LayerModule>& modules) {
  std::vector<std::size_t> redundant;
  for (const LayerModule& module : modules) {
    for (std::size_t layer = module.first + 1; layer <= module.last; ++layer) {
      if (layers.at(layer).removable) redundant.push_back(layer);
    }
  }
  return redundant;
}

}  // namespace neusemslice
