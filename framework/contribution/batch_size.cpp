#include "contribution/batch_size.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include "contribution/way_down.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kScoringBytes = 2'000'000'000;
constexpr std::int64_t kForwardBytes = 1'000'000'000;

/// Tensors of the widest node's size that come and go beside what is held: one node's input and output in the layout
/// that the library prefers and in the network's, and on the way down twice as many, for two passes.
constexpr std::int64_t kForwardTensors = 4;
constexpr std::int64_t kBackwardTensors = 2 * kForwardTensors;

std::vector<std::int64_t> node_bytes(const Architecture& architecture) {
  std::vector<std::int64_t> bytes;
  for (const auto& shape : node_shapes(architecture)) {
    bytes.push_back(
        std::accumulate(shape.begin(), shape.end(), static_cast<std::int64_t>(sizeof(float)), std::multiplies<>()));
  }
  return bytes;
}

std::int64_t samples_within(std::int64_t bytes, std::int64_t of_one, std::int64_t most) {
  return std::clamp<std::int64_t>(bytes / of_one, 1, most);
}

}  // namespace

std::int64_t scoring_batch_size(const Architecture& architecture, const UnitGraph& units,
                                const ContributionConfig& config) {
  const std::vector<std::int64_t> bytes = node_bytes(architecture);
  const auto read = nodes_read_on_the_way_down(architecture, {.taylor = units.layers.front().producer, .deeplift = {}});
  std::set<std::int64_t> held(read.begin(), read.end());
  for (const UnitLayer& layer : units.layers) held.insert({layer.producer, layer.tap});
  std::int64_t of_one = kBackwardTensors * std::ranges::max(bytes);
  for (const std::int64_t node : held) of_one += bytes[static_cast<std::size_t>(node)];
  return samples_within(kScoringBytes, of_one, config.batch_size);
}

std::int64_t forward_batch_size(const Architecture& architecture) {
  constexpr std::int64_t kMost = 256;
  return samples_within(kForwardBytes, kForwardTensors * std::ranges::max(node_bytes(architecture)), kMost);
}

}  // namespace neusemslice
