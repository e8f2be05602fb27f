#include "rq1/levels.hpp"

#include <algorithm>
#include <span>

namespace neusemslice {
namespace {

template <typename Number>
Summary summarise_slices(std::span<const Rq1Slice> slices, Number number) {
  std::vector<double> numbers;
  for (const Rq1Slice& slice : slices) numbers.push_back(number(slice));
  return summarise(numbers);
}

std::int64_t rescued_layers(std::span<const Rq1Slice> slices) {
  std::int64_t rescued = 0;
  for (const Rq1Slice& slice : slices) {
    rescued += std::count_if(slice.layers.begin(), slice.layers.end(),
                             [](const LayerCount& layer) { return layer.is_rescued; });
  }
  return rescued;
}

Rq1Level level_of(std::span<const Rq1Slice> slices) {
  return {slices.front().level,
          summarise_slices(slices, [](const Rq1Slice& slice) { return slice.compression_rate; }),
          summarise_slices(slices, [](const Rq1Slice& slice) { return slice.validation_accuracy; }),
          summarise_slices(slices, [](const Rq1Slice& slice) { return slice.test_accuracy; }),
          summarise_slices(slices, [](const Rq1Slice& slice) { return slice.test_loss(); }),
          rescued_layers(slices)};
}

}  // namespace

std::vector<Rq1Level> levels_of(const Rq1Curve& curve) {
  std::vector<Rq1Level> levels;
  std::span<const Rq1Slice> rest = curve.slices;
  while (!rest.empty()) {
    const auto end = std::find_if(rest.begin(), rest.end(),
                                  [&](const Rq1Slice& slice) { return slice.level != rest.front().level; });
    const auto size = static_cast<std::size_t>(end - rest.begin());
    levels.push_back(level_of(rest.first(size)));
    rest = rest.subspan(size);
  }
  return levels;
}

}  // namespace neusemslice
