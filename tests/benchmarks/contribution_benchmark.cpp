// Five metrics over images: of an MLP against the bare matrix products of one forward and two backward passes, of
// AlexNet against LibTorch's own.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "benchmarks/ratio.hpp"
#include "contribution/scorer.hpp"
#include "core/memory.hpp"
#include "data/split.hpp"
#include "models/zoo.hpp"

namespace neusemslice {
namespace {

constexpr std::int64_t kImages = 60'000;
constexpr std::int64_t kColourImages = 2'000;
constexpr std::int64_t kCategories = 10;

/// The pixels do not matter to the time.
LabelledImages random_images(std::int64_t count, const std::vector<std::int64_t>& shape) {
  return {at::randint(0, 256, {count, shape[0], shape[1], shape[2]}, at::kByte),
          at::arange(count).remainder(kCategories)};
}

void bare_products(const Network& network, const at::Tensor& batch, std::int64_t batches) {
  const auto& parameters = network.parameters;
  const at::Tensor& w1 = parameters.at("fc1.weight");
  const at::Tensor& w2 = parameters.at("fc2.weight");
  const at::Tensor& w3 = parameters.at("fc3.weight");
  for (std::int64_t i = 0; i < batches; ++i) {
    const at::Tensor logits = at::mm(at::mm(at::mm(batch, w1.t()), w2.t()), w3.t());
    for (int backward = 0; backward < 2; ++backward) benchmark::DoNotOptimize(at::mm(at::mm(logits, w3), w2));
  }
}

void five_metrics_on_mnist(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const Network network = make_network(make_mlp({1, 28, 28}, {512, 256}, kCategories), 0);
  const UnitGraph units = derive_units(network.architecture);
  const LabelledImages images = random_images(kImages, {1, 28, 28});
  const auto positions = positions_by_category(images.labels, kCategories, 0);
  const ContributionConfig config;
  const at::Tensor batch = at::rand({config.batch_size, 784});
  report_ratio(
      state, 1.5, [&] { benchmark::DoNotOptimize(score_contributions(network, units, images, {}, positions, config)); },
      [&] { bare_products(network, batch, kImages / config.batch_size); });
  state.counters["peak_memory_mb"] = static_cast<double>(peak_memory_bytes()) / 1e6;
}

void one_pass_against_a_pass_per_metric_and_layer(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const Network network = make_network(make_mlp({1, 28, 28}, {512, 256}, kCategories), 0);
  const UnitGraph units = derive_units(network.architecture);
  const LabelledImages images = random_images(kImages, {1, 28, 28});
  const auto positions = positions_by_category(images.labels, kCategories, 0);
  const ContributionConfig all;
  report_ratio(
      state, 1.0, [&] { benchmark::DoNotOptimize(score_contributions(network, units, images, {}, positions, all)); },
      [&] {
        for (const std::string& metric : all.metrics) {
          for (std::size_t layer = 0; layer < units.layers.size(); ++layer) {
            ContributionConfig one = all;
            one.metrics = {metric};
            benchmark::DoNotOptimize(
                score_contributions(network, {{units.layers[layer]}, {}}, images, {}, positions, one));
          }
        }
      });
}

/// One forward and two backward passes down to the first tap, without gradients of weights.
void passes_by_autograd(const Network& network, const UnitGraph& units, const at::Tensor& batch) {
  const auto& nodes = network.architecture.nodes;
  const auto tap = static_cast<std::size_t>(units.layers.front().tap);
  at::Tensor below = batch;
  {
    at::NoGradGuard no_grad;
    for (std::size_t i = 0; i <= tap; ++i) below = apply_node(network, nodes[i], {below});
  }
  at::AutoGradMode with_grad(true);
  const at::Tensor leaf = below.detach().set_requires_grad(true);
  at::Tensor value = leaf;
  for (std::size_t i = tap + 1; i < nodes.size(); ++i) value = apply_node(network, nodes[i], {value});
  const at::Tensor labels = at::zeros({batch.size(0)}, at::kLong);
  const at::Tensor loss = at::cross_entropy_loss(value, labels, {}, at::Reduction::Sum);
  benchmark::DoNotOptimize(torch::autograd::grad({loss}, {leaf}, {}, /*retain_graph=*/true));
  benchmark::DoNotOptimize(torch::autograd::grad({value.select(1, 0).sum()}, {leaf}));
}

void five_metrics_on_alexnet(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const Network network = make_network(make_alexnet_cifar({3, 32, 32}, kCategories), 0);
  const UnitGraph units = derive_units(network.architecture);
  const LabelledImages images = random_images(kColourImages, {3, 32, 32});
  const auto positions = positions_by_category(images.labels, kCategories, 0);
  const at::Tensor batch = at::rand({kColourImages / kCategories, 3, 32, 32});
  const ContributionConfig config;
  report_ratio(
      state, 1.5, [&] { benchmark::DoNotOptimize(score_contributions(network, units, images, {}, positions, config)); },
      [&] {
        for (std::int64_t category = 0; category < kCategories; ++category) passes_by_autograd(network, units, batch);
      });
  state.counters["peak_memory_mb"] = static_cast<double>(peak_memory_bytes()) / 1e6;
}

BENCHMARK(five_metrics_on_alexnet)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK(five_metrics_on_mnist)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);
BENCHMARK(one_pass_against_a_pass_per_metric_and_layer)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace neusemslice
