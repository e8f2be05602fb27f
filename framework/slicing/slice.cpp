#include "slicing/slice.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "parallel/shard.hpp"
#include "parallel/together.hpp"

namespace neusemslice {
namespace {

/// A byte mask, (units), without any unit marked.
at::Tensor no_units(const UnitLayer& layer) {
  return at::zeros({layer.units}, at::kByte);
}

std::vector<std::int64_t> indices_of(const at::Tensor& mask) {
  const at::Tensor indices = mask.nonzero().view({-1});
  return {indices.const_data_ptr<std::int64_t>(), indices.const_data_ptr<std::int64_t>() + indices.numel()};
}

/// Marks the first `count` units of the order of these scores.
void mark_top(const at::Tensor& scores, std::int64_t count, at::Tensor& mask) {
  mask.index_fill_(0, descending_order(scores).slice(0, 0, count), 1);
}

const ScoreTable& table_of(const Scores& scores, const std::string& layer, const std::string& metric) {
  const auto& metrics = scores.at(layer);
  const auto found = metrics.find(metric);
  require(found != metrics.end(), "layer {} was not scored by {}", layer, metric);
  return found->second;
}

/// What a group of which nothing is kept keeps, since a network must stay connected: its unit of highest global score,
/// summed over the members.
std::int64_t best_unit(const UnitGraph& units, const UnitGroup& group, const Scores& scores,
                       const std::string& metric) {
  at::Tensor sum;
  for (const std::size_t member : group.layers) {
    const at::Tensor& global = table_of(scores, units.layers[member].name, metric).global;
    sum = sum.defined() ? sum + global : global;
  }
  return descending_order(sum)[0].item<std::int64_t>();
}

/// A group's unit stays when any of its members marks it: `masks` are those of the layers.
void keep_marked(const UnitGraph& units, const std::vector<at::Tensor>& masks, const Scores& scores, Slice& slice) {
  std::vector<bool> is_rescued;
  for (const UnitGroup& group : units.groups) {
    at::Tensor united = no_units(units.layers[group.layers.front()]);
    for (const std::size_t member : group.layers) united.bitwise_or_(masks[member]);
    std::vector<std::int64_t> kept = indices_of(united);
    is_rescued.push_back(kept.empty());
    if (kept.empty()) kept = {best_unit(units, group, scores, slice.metric)};
    for (const std::size_t member : group.layers) slice.kept[units.layers[member].name] = kept;
  }
  for (const UnitLayer& layer : units.layers) {
    if (is_rescued[layer.group]) slice.rescued.push_back(layer.name);
  }
}

/// The union over categories of the top count(layer, category) units. Each rank marks those of its own categories; one
/// all-reduce of the masks of all layers, on the GPU where there is one, unites them.
template <typename Count>
Slice union_of_categories(const UnitGraph& units, const Scores& scores, Slice slice, const Count& count,
                          Communicator& communicator) {
  at::Tensor united;
  std::vector<std::int64_t> widths;
  together(communicator, [&] {
    std::vector<at::Tensor> masks;
    for (const UnitLayer& layer : units.layers) {
      const at::Tensor& by_category = table_of(scores, layer.name, slice.metric).by_category;
      const auto [begin, end] = shard_range(by_category.size(0), communicator.rank(), communicator.size());
      at::Tensor mask = no_units(layer);
      for (std::int64_t category = begin; category < end; ++category) {
        mark_top(by_category[category], count(layer, category), mask);
      }
      masks.push_back(mask);
      widths.push_back(layer.units);
    }
    united = at::cat(masks).to(communicator.device());
  });
  communicator.all_reduce_max(united);
  keep_marked(units, united.cpu().split_with_sizes(widths), scores, slice);
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
  std::vector<at::Tensor> masks;
  for (const UnitLayer& layer : units.layers) {
    masks.push_back(no_units(layer));
    mark_top(table_of(scores, layer.name, metric).global, units_at_percent(layer.units, percent), masks.back());
  }
  keep_marked(units, masks, scores, slice);
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
