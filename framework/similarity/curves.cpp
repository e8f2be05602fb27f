#include "similarity/curves.hpp"

#include "core/stop.hpp"
#include "parallel/shard.hpp"
#include "parallel/together.hpp"
#include "similarity/features.hpp"

namespace neusemslice {
namespace {

/// The curves of one category, every layer's by every metric one after the other: (sum of units + 1) float64.
at::Tensor category_curves(const std::map<std::string, at::Tensor>& features, const Scores& scores,
                           std::int64_t category, const ScanOptions& options) {
  std::vector<at::Tensor> curves;
  for (const auto& [layer, of_layer] : features) {
    throw_if_stopped();
    const SimilarityScan scan(of_layer, options);
    for (const auto& [metric, table] : scores.at(layer)) {
      curves.push_back(scan.curve(descending_order(table.by_category[category])));
    }
  }
  return at::cat(curves);
}

/// Takes rows of category_curves, one a category, apart.
SimilarityCurves by_layer_and_metric(const at::Tensor& rows, const Scores& scores) {
  SimilarityCurves curves;
  std::int64_t column = 0;
  for (const auto& [layer, metrics] : scores) {
    for (const auto& [metric, table] : metrics) {
      const std::int64_t length = table.global.numel() + 1;
      curves[layer][metric] = rows.slice(1, column, column + length).contiguous();
      column += length;
    }
  }
  return curves;
}

std::int64_t row_length(const Scores& scores) {
  std::int64_t length = 0;
  for (const auto& [layer, metrics] : scores) {
    for (const auto& [metric, table] : metrics) length += table.global.numel() + 1;
  }
  return length;
}

}  // namespace

SimilarityCurves scan_similarities(const Network& network, const UnitGraph& units, const LabelledImages& images,
                                   const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                                   const Scores& scores, const SimilarityConfig& config) {
  SingleCommunicator alone;
  return scan_similarities(network, units, images, normalisation, positions, scores, config, alone);
}

SimilarityCurves scan_similarities(const Network& network, const UnitGraph& units, const LabelledImages& images,
                                   const Normalisation& normalisation, const std::vector<at::Tensor>& positions,
                                   const Scores& scores, const SimilarityConfig& config, Communicator& communicator) {
  const ScanOptions options{.centered = config.centered, .memory_bytes = config.memory_mb * 1'000'000};
  const auto rows = gather_together(communicator, [&] {
    const auto [begin, end] =
        shard_range(static_cast<std::int64_t>(positions.size()), communicator.rank(), communicator.size());
    at::Tensor own = at::zeros({end - begin, row_length(scores)}, at::kDouble);
    for (std::int64_t category = begin; category < end; ++category) {
      const auto features =
          layer_features(network, units, images, normalisation, positions[static_cast<std::size_t>(category)], config);
      own[category - begin].copy_(category_curves(features, scores, category, options));
    }
    return own;
  });
  return by_layer_and_metric(at::cat(rows), scores);
}

}  // namespace neusemslice
