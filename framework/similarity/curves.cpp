#include "similarity/curves.hpp"

#include "core/stop.hpp"
#include "similarity/features.hpp"

namespace neusemslice {

SimilarityCurves scan_similarities(const Network& network, const UnitGraph& units, const LabelledImages& images,
                                   const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                                   const Scores& scores, const SimilarityConfig& config) {
  const ScanOptions options{.centered = config.centered, .memory_bytes = config.memory_mb * 1'000'000};
  std::map<std::string, std::map<std::string, std::vector<at::Tensor>>> rows;
  for (std::size_t category = 0; category < positions.size(); ++category) {
    for (const auto& [layer, features] :
         layer_features(network, units, images, normalisation, positions[category], config)) {
      throw_if_stopped();
      const SimilarityScan scan(features, options);
      for (const auto& [metric, table] : scores.at(layer)) {
        const at::Tensor order = descending_order(table.by_category[static_cast<std::int64_t>(category)]);
        rows[layer][metric].push_back(scan.curve(order));
      }
    }
  }
  SimilarityCurves curves;
  for (const auto& [layer, metrics] : rows) {
    for (const auto& [metric, of_categories] : metrics) curves[layer][metric] = at::stack(of_categories);
  }
  return curves;
}

}  // namespace neusemslice
