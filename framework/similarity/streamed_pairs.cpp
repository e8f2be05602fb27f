#include "similarity/streamed_pairs.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <ATen/core/grad_mode.h>

namespace neusemslice {
namespace {

struct PlacedBlock {
  std::int64_t begin;
  UnitBlock block;
};

/// Calls `use` with the units [begin, end), so many as arrive at a time.
template <typename Use>
void for_arrivals(std::int64_t begin, std::int64_t end, const StreamPlan& plan, const FeatureSource& source,
                  const ScanOptions& options, const Use& use) {
  for (std::int64_t first = begin; first < end; first += plan.arriving) {
    use(PlacedBlock{first,
                    UnitBlock(source(first, std::min(first + plan.arriving, end)), plan.form, options.centered)});
  }
}

void add_pairs(PairProducts& pairs, const PlacedBlock& one, const PlacedBlock& other) {
  pairs.add(one.begin, one.block, other.begin, other.block);
}

/// While `units` arrive, until they are held, and while they are multiplied with as many.
std::int64_t arriving_bytes(const FeatureShape& layer, const ScanOptions& options, PairForm form, std::int64_t units) {
  const std::int64_t of_one = layer.bytes() / layer.units + UnitBlock::making_bytes(layer, form, options.centered);
  return units * of_one + UnitBlock::product_bytes(layer, form, units, units);
}

/// Half of the memory for what is held, as far as it is needed; the rest for what arrives.
std::optional<StreamPlan> plan_in_form(const FeatureShape& layer, const ScanOptions& options, PairForm form) {
  const std::int64_t memory = options.memory_bytes - PairProducts::bytes(layer.units);
  const std::int64_t of_held = UnitBlock::held_bytes(layer, form);
  const std::int64_t held = std::min(layer.units, memory / 2 / of_held);
  std::int64_t arriving = held;
  while (arriving > 0 && held * of_held + arriving_bytes(layer, options, form, arriving) > memory) --arriving;
  if (arriving < 1) return std::nullopt;
  return StreamPlan{form, held, arriving};
}

}  // namespace

StreamPlan plan_stream(const FeatureShape& layer, const ScanOptions& options) {
  const PairForm best = choose_pair_form(layer);
  const PairForm other = best == PairForm::grams ? PairForm::features : PairForm::grams;
  for (const PairForm form : {best, other}) {
    if (const auto plan = plan_in_form(layer, options, form)) return *plan;
  }
  const auto needed = [&](PairForm form) {
    return PairProducts::bytes(layer.units) +
           2 * std::max(UnitBlock::held_bytes(layer, form), arriving_bytes(layer, options, form, 1));
  };
  throw_no_room(layer, std::min(needed(best), needed(other)), options);
}

PairProducts stream_pairs(const FeatureShape& layer, const ScanOptions& options, at::Device device,
                          const FeatureSource& source) {
  at::NoGradGuard no_grad;
  const StreamPlan plan = plan_stream(layer, options);
  PairProducts pairs(layer.units, device);
  for (std::int64_t begin = 0; begin < layer.units; begin += plan.held) {
    std::vector<PlacedBlock> held;
    for_arrivals(begin, std::min(begin + plan.held, layer.units), plan, source, options, [&](PlacedBlock arrived) {
      for (const PlacedBlock& earlier : held) add_pairs(pairs, arrived, earlier);
      pairs.add(arrived.begin, arrived.block);
      held.push_back(std::move(arrived));
    });
    for_arrivals(0, begin, plan, source, options, [&](const PlacedBlock& arrived) {
      for (const PlacedBlock& own : held) add_pairs(pairs, own, arrived);
    });
  }
  return pairs;
}

}  // namespace neusemslice
