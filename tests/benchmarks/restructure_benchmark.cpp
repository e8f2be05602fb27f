// AlexNet-CIFAR10 whole against itself without half of its parameters. Here the ratio is the gain and should be above
// the aim.
#include <numeric>

#include <ATen/core/grad_mode.h>

#include "benchmarks/ratio.hpp"
#include "maintenance/restructure.hpp"
#include "models/zoo.hpp"
#include "slicing/slice.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kBatch = 128;
constexpr std::int64_t kPercentOfUnits = 70;  // leaves 49 % of the parameters

/// The first units of every layer: which ones they are is all the same to the time.
KeptUnits first_units(const UnitGraph& units) {
  KeptUnits kept;
  for (const UnitLayer& layer : units.layers) {
    std::vector<std::int64_t>& indices = kept[layer.name];
    indices.resize(static_cast<std::size_t>(units_at_percent(layer.units, kPercentOfUnits)));
    std::iota(indices.begin(), indices.end(), 0);
  }
  return kept;
}

void shrunken_alexnet(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const Network network = make_network(make_alexnet_cifar({3, 32, 32}, 10), 0);
  const UnitGraph units = derive_units(network.architecture);
  const Network shrunken = shrink(network, units, first_units(units));
  const at::Tensor batch = at::rand({kBatch, 3, 32, 32});
  report_ratio(
      state, 1.5, [&] { forward(network, batch); }, [&] { forward(shrunken, batch); });
  state.counters["compression"] =
      compression_rate(parameter_count(shrunken.architecture), parameter_count(network.architecture));
}

BENCHMARK(shrunken_alexnet)->UseManualTime()->Iterations(21)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace neusemslice
