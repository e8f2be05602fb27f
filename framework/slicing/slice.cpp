#include "slicing/slice.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace neusemslice {
namespace {

using Mask = std::vector<std::uint8_t>;

std::vector<std::int64_t> indices_of(const Mask& mask) {
  std::vector<std::int64_t> indices;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] != 0) indices.push_back(static_cast<std::int64_t>(i));
  }
  return indices;
}

/// Marks the first `count` units of the order of these scores.
void mark_top(const at::Tensor& scores, std::int64_t count, Mask& mask) {
  const at::Tensor order = descending_order(scores);
  for (std::int64_t i = 0; i < count; ++i) mask[static_cast<std::size_t>(order.const_data_ptr<std::int64_t>()[i])] = 1;
}

const ScoreTable& table_of(const Scores& scores, const std::string& layer, const std::string& metric) {
  const auto& metrics = scores.at(layer);
  const auto found = metrics.find(metric);
  require(found != metrics.end(), "layer {} was not scored by {}", layer, metric);
  return found->second;
}

/// A layer must keep something for the network to stay connected: its unit of highest global score.
void rescue_empty_layers(const UnitGraph& units, const Scores& scores, Slice& slice) {
  for (const UnitLayer& layer : units.layers) {
    auto& kept = slice.kept[layer.name];
    if (!kept.empty()) continue;
    kept = {descending_order(table_of(scores, layer.name, slice.metric).global)[0].item<std::int64_t>()};
    slice.rescued.push_back(layer.name);
  }
}

/// The union over categories and ranks of the top count(layer, category) units.
template <typename Count>
Slice union_of_categories(const UnitGraph& units, const Scores& scores, Slice slice, const Count& count,
                          Communicator& communicator) {
  for (const UnitLayer& layer : units.layers) {
    const at::Tensor& by_category = table_of(scores, layer.name, slice.metric).by_category;
    Mask mask(static_cast<std::size_t>(layer.units), 0);
    for (std::int64_t category = 0; category < by_category.size(0); ++category) {
      mark_top(by_category[category], count(layer, category), mask);
    }
    communicator.all_reduce_max(mask);
    slice.kept[layer.name] = indices_of(mask);
  }
  rescue_empty_layers(units, scores, slice);
  return slice;
}

}  // namespace

std::int64_t units_at_percent(std::int64_t units, std::int64_t percent) {
  return (units * percent + 99) / 100;
}

std::int64_t first_crossing(const at::Tensor& curve, double threshold, std::int64_t interval) {
  const std::int64_t units = curve.numel() - 1;
  const auto* values = curve.const_data_ptr<double>();
  for (std::int64_t k = 0; k < units; k += interval) {
    if (values[k] >= threshold) return k;
  }
  return units;
}

std::vector<std::int64_t> band_units(const at::Tensor& scores, std::int64_t from, std::int64_t to) {
  const at::Tensor order = descending_order(scores);
  const auto* ranked = order.const_data_ptr<std::int64_t>();
  std::vector<std::int64_t> band(ranked + units_at_percent(order.numel(), from),
                                 ranked + units_at_percent(order.numel(), to));
  std::ranges::sort(band);
  return band;
}

Slice global_slice(const UnitGraph& units, const Scores& scores, const std::string& metric, std::int64_t percent) {
  Slice slice{.strategy = "global", .metric = metric, .level = static_cast<double>(percent), .kept = {}, .rescued = {}};
  for (const UnitLayer& layer : units.layers) {
    Mask mask(static_cast<std::size_t>(layer.units), 0);
    mark_top(table_of(scores, layer.name, metric).global, units_at_percent(layer.units, percent), mask);
    slice.kept[layer.name] = indices_of(mask);
  }
  rescue_empty_layers(units, scores, slice);
  return slice;
}

Slice category_slice(const UnitGraph& units, const Scores& scores, const std::string& metric, std::int64_t percent,
                     Communicator& communicator) {
  Slice slice{
      .strategy = "category", .metric = metric, .level = static_cast<double>(percent), .kept = {}, .rescued = {}};
  const auto count = [percent](const UnitLayer& layer, std::int64_t) { return units_at_percent(layer.units, percent); };
  return union_of_categories(units, scores, std::move(slice), count, communicator);
}

Slice semantic_slice(const UnitGraph& units, const Scores& scores, const SimilarityCurves& curves,
                     const std::string& metric, double threshold, std::int64_t interval, Communicator& communicator) {
  Slice slice{.strategy = "semantic", .metric = metric, .level = threshold, .kept = {}, .rescued = {}};
  const auto count = [&](const UnitLayer& layer, std::int64_t category) {
    return first_crossing(curves.at(layer.name).at(metric)[category], threshold, interval);
  };
  return union_of_categories(units, scores, std::move(slice), count, communicator);
}

}  // namespace neusemslice
