// AlexNet-CIFAR10 whole against itself without half of its parameters. Here the ratio is the gain and should be above
// the aim.
#include <ATen/core/grad_mode.h>

#include "benchmarks/first_units.hpp"
#include "benchmarks/ratio.hpp"
#include "maintenance/restructure.hpp"
#include "models/zoo.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kBatch = 128;
constexpr std::int64_t kPercentOfUnits = 70;  // leaves 49 % of the parameters

void shrunken_alexnet(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const Network network = make_network(make_alexnet_cifar({3, 32, 32}, 10), 0);
  const UnitGraph units = derive_units(network.architecture);
  const Network shrunken = shrink(network, units, first_units(units, kPercentOfUnits));
  const at::Tensor batch = at::rand({kBatch, 3, 32, 32});
  report_ratio(
      state, 1.5, [&] { forward(network, batch); }, [&] { forward(shrunken, batch); });
  state.counters["compression"] =
      compression_rate(parameter_count(shrunken.architecture), parameter_count(network.architecture));
}

BENCHMARK(shrunken_alexnet)->UseManualTime()->Iterations(21)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace neusemslice
