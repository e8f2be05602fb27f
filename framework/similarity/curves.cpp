#include "similarity/curves.hpp"

#include <set>
#include <utility>

#include "core/stop.hpp"
#include "parallel/shard.hpp"
#include "parallel/together.hpp"
#include "similarity/features.hpp"
#include "similarity/scan_plan.hpp"
#include "similarity/streamed_pairs.hpp"

namespace neusemslice {
namespace {

/// Where each curve lies in a row that holds one category's curves, one after the other.
std::map<std::string, std::map<std::string, std::int64_t>> curve_columns(const Scores& scores) {
  std::map<std::string, std::map<std::string, std::int64_t>> columns;
  std::int64_t column = 0;
  for (const auto& [layer, metrics] : scores) {
    for (const auto& [metric, table] : metrics) {
      columns[layer][metric] = column;
      column += table.global.numel() + 1;
    }
  }
  return columns;
}

/// Scans one category after the other, each with as few forward passes as the memory allows: a tap that layers share
/// once, and every metric's curve from the same features.
class CategoryScan {
 public:
  CategoryScan(const Network& network, const UnitGraph& units, const LabelledImages& images,
               const Normalisation& normalisation, const Scores& scores, const SimilarityConfig& config)
      : network_(network),
        units_(units),
        images_(images),
        normalisation_(normalisation),
        scores_(scores),
        config_(config),
        options_{.centered = config.centered, .memory_bytes = config.memory_mb * 1'000'000},
        columns_(curve_columns(scores)) {}

  /// Fills `row` with the curves of `category`, whose samples are at `positions`.
  /// One without samples tells nothing, and asks for no unit: its curves are 1 throughout.
  void fill(at::Tensor row, std::int64_t category, const at::Tensor& positions) const {
    if (positions.numel() == 0) {
      row.fill_(1);
      return;
    }
    const ScanPlan plan = plan_scan(taps(positions.numel()), options_);
    for (const std::vector<TapShape>& pass : plan.passes) scan_pass(pass, category, positions, row);
    for (const TapShape& tap : plan.streamed) {
      const auto source = [&](std::int64_t begin, std::int64_t end) {
        return features_of(positions, {{tap.tap, begin, end}}).front();
      };
      store(stream_pairs(tap.shape, options_, network_.device(), source), tap.tap, category, row);
    }
  }

 private:
  [[nodiscard]] std::vector<TapShape> taps(std::int64_t samples) const {
    std::set<std::int64_t> nodes;
    for (const UnitLayer& layer : units_.layers) nodes.insert(layer.tap);
    std::vector<TapShape> taps;
    for (const std::int64_t node : nodes) {
      taps.push_back({node, feature_shape(network_.architecture, node, samples, config_)});
    }
    return taps;
  }

  [[nodiscard]] std::vector<at::Tensor> features_of(const at::Tensor& positions,
                                                    const std::vector<TapSlice>& slices) const {
    return tap_features(network_, images_, normalisation_, positions, config_, slices);
  }

  void scan_pass(const std::vector<TapShape>& pass, std::int64_t category, const at::Tensor& positions,
                 at::Tensor& row) const {
    std::vector<TapSlice> slices;
    for (const TapShape& tap : pass) slices.push_back({tap.tap, 0, tap.shape.units});
    std::vector<at::Tensor> features = features_of(positions, slices);
    for (std::size_t i = 0; i < pass.size(); ++i) {
      throw_if_stopped();
      store(SimilarityScan(std::exchange(features[i], {}), options_), pass[i].tap, category, row);
    }
  }

  /// The curves of every layer at `tap` by every metric; `scan` is anything that gives the curve of an order.
  template <typename Scan>
  void store(const Scan& scan, std::int64_t tap, std::int64_t category, at::Tensor& row) const {
    for (const UnitLayer& layer : units_.layers) {
      if (layer.tap != tap) continue;
      for (const auto& [metric, table] : scores_.at(layer.name)) {
        const at::Tensor curve = scan.curve(descending_order(table.by_category[category]));
        const std::int64_t column = columns_.at(layer.name).at(metric);
        row.slice(0, column, column + curve.numel()).copy_(curve);
      }
    }
  }

  const Network& network_;
  const UnitGraph& units_;
  const LabelledImages& images_;
  const Normalisation& normalisation_;
  const Scores& scores_;
  const SimilarityConfig& config_;
  ScanOptions options_;
  std::map<std::string, std::map<std::string, std::int64_t>> columns_;
};

/// Takes rows of curves, one a category, apart.
SimilarityCurves by_layer_and_metric(const at::Tensor& rows, const Scores& scores) {
  SimilarityCurves curves;
  for (const auto& [layer, metrics] : curve_columns(scores)) {
    for (const auto& [metric, column] : metrics) {
      const std::int64_t length = scores.at(layer).at(metric).global.numel() + 1;
      curves[layer][metric] = rows.slice(1, column, column + length).contiguous();
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
  const CategoryScan scan(network, units, images, normalisation, scores, config);
  const auto rows = gather_together(communicator, [&] {
    const auto [begin, end] =
        shard_range(static_cast<std::int64_t>(positions.size()), communicator.rank(), communicator.size());
    at::Tensor own = at::zeros({end - begin, row_length(scores)}, at::kDouble);
    for (std::int64_t category = begin; category < end; ++category) {
      scan.fill(own[category - begin], category, positions[static_cast<std::size_t>(category)]);
    }
    return own;
  });
  return by_layer_and_metric(at::cat(rows), scores);
}

}  // namespace neusemslice
