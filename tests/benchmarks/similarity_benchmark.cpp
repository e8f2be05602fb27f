// The whole similarity curve against one Gram product of the same features, and against Algorithm 1 as it is written.
#include <ATen/core/grad_mode.h>

#include "benchmarks/ratio.hpp"
#include "similarity/scan.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kSamples = 256;

at::Tensor random_features(std::int64_t units, std::int64_t positions) {
  return at::rand({kSamples, units, positions});
}

at::Tensor gram_product(const at::Tensor& features) {
  const at::Tensor matrix = features.flatten(1);
  return at::mm(matrix, matrix.t());
}

/// N and P are the benchmark's arguments; the third forces a method (-1: the scan chooses).
void curve_against_one_gram_product(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const at::Tensor features = random_features(state.range(0), state.range(1));
  const at::Tensor order = at::randperm(state.range(0));
  const ScanOptions options{.memory_bytes = 4'000'000'000};
  const ScanMethod method = state.range(2) < 0 ? choose_scan_method({kSamples, state.range(0), state.range(1)})
                                               : static_cast<ScanMethod>(state.range(2));
  report_ratio(
      state, 8, [&] { benchmark::DoNotOptimize(SimilarityScan(features, options, method).curve(order)); },
      [&] { benchmark::DoNotOptimize(gram_product(features)); });
}

/// Five orders, as the metrics give: the scan's own way of sharing what does not depend on the order.
void five_curves_against_one_gram_product(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const at::Tensor features = random_features(state.range(0), state.range(1));
  const at::Tensor order = at::randperm(state.range(0));
  report_ratio(
      state, 16,
      [&] {
        const SimilarityScan scan(features, {.memory_bytes = 4'000'000'000});
        for (int metric = 0; metric < 5; ++metric) benchmark::DoNotOptimize(scan.curve(order));
      },
      [&] { benchmark::DoNotOptimize(gram_product(features)); });
}

/// Algorithm 1 with interval 1 builds a Gram matrix for every k. Its time is that of a few k, spread evenly, times N /
/// few.
double algorithm_one_seconds(const at::Tensor& features, const at::Tensor& order) {
  constexpr std::int64_t kMeasured = 16;
  const std::int64_t units = features.size(1);
  const at::Tensor whole = gram_product(features);
  double seconds = 0;
  for (std::int64_t i = 1; i <= kMeasured; ++i) {
    seconds += seconds_of([&] {
      const at::Tensor gram = gram_product(features.index_select(1, order.slice(0, 0, units * i / kMeasured)));
      benchmark::DoNotOptimize(((gram * whole).sum() / (gram.norm() * whole.norm())).item<float>());
    });
  }
  return seconds / kMeasured * static_cast<double>(units);
}

void curve_against_algorithm_one(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const at::Tensor features = random_features(4096, 1);
  const at::Tensor order = at::randperm(4096);
  std::vector<double> gains;
  for (auto step : state) {
    static_cast<void>(step);
    const double literal = algorithm_one_seconds(features, order);
    const double scan = seconds_of([&] { benchmark::DoNotOptimize(SimilarityScan(features, {}).curve(order)); });
    state.SetIterationTime(scan);
    gains.push_back(literal / scan);
  }
  state.counters["times_faster"] = median(gains);
  state.counters["aim"] = 100;
}

BENCHMARK(curve_against_one_gram_product)
    ->ArgNames({"N", "P", "method"})
    ->Args({4096, 1, -1})
    ->Args({512, 16, -1})
    ->Args({512, 1, -1})
    ->Args({512, 4, -1})   // the widest of VGG-16 on CIFAR-10
    ->Args({384, 64, -1})  // and of AlexNet
    ->Args({256, 64, -1})
    ->Args({64, 1024, -1})
    ->UseManualTime()
    ->Iterations(15)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(five_curves_against_one_gram_product)
    ->ArgNames({"N", "P"})
    ->Args({512, 4})
    ->Args({384, 64})
    ->Args({1024, 64})
    ->Args({2048, 16})
    ->UseManualTime()
    ->Iterations(9)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(curve_against_algorithm_one)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace neusemslice
