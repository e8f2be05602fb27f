#include "latency.hpp"

#include <functional>

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "core/error.hpp"

namespace neusemslice {
namespace {

using Json = nlohmann::json;

/// The first test images, from the beginning again where there are fewer.
at::Tensor test_batch(const Dataset& dataset, std::int64_t size, at::Device device) {
  require_input(dataset.test.size() > 0, "{}: there are no test images to measure the latency on", dataset.name);
  const at::Tensor positions = at::arange(size).remainder(dataset.test.size());
  return gather_images(dataset.test.images, positions, dataset.normalisation, device);
}

void print_row(const char* model, std::int64_t batch, const Timing& timing) {
  fmt::print("{:<13} {:>6} {:>12.3f} {:>12.3f} {:>12.3f} {:>7}\n", model, batch, 1e3 * timing.least_seconds,
             1e3 * timing.median_seconds, 1e3 * timing.most_seconds, timing.rounds);
}

Json to_json(const Timing& timing) {
  return {{"min", timing.least_seconds},
          {"median", timing.median_seconds},
          {"max", timing.most_seconds},
          {"rounds", timing.rounds}};
}

}  // namespace

std::vector<BatchLatency> measure_latency(const Network& network, const Network* against, const Dataset& dataset) {
  at::NoGradGuard no_grad;
  std::vector<BatchLatency> latencies;
  for (const std::int64_t size : {1, 128}) {
    const at::Tensor batch = test_batch(dataset, size, network.device());
    std::vector<std::function<void()>> passes = {[&] { forward(network, batch).cpu(); }};
    if (against != nullptr) passes.emplace_back([&] { forward(*against, batch).cpu(); });
    const std::vector<Timing> timings = time_in_turn(passes);
    latencies.push_back({.batch = size, .timing = timings.front()});
    if (against != nullptr) latencies.back().against = timings.back();
  }
  return latencies;
}

void print_latency(const std::vector<BatchLatency>& latencies) {
  fmt::print("{:<13} {:>6} {:>12} {:>12} {:>12} {:>7}\n", "latency", "batch", "min [ms]", "median [ms]", "max [ms]",
             "rounds");
  for (const BatchLatency& latency : latencies) {
    print_row("model", latency.batch, latency.timing);
    if (!latency.against) continue;
    print_row("against", latency.batch, *latency.against);
    fmt::print("{:<13} {:>6} {:>12} {:>12.3f}\n", "against/model", latency.batch, "", latency.ratio());
  }
}

Json latency_to_json(const std::vector<BatchLatency>& latencies) {
  Json json = Json::array();
  for (const BatchLatency& latency : latencies) {
    json.push_back({{"batch", latency.batch}, {"model", to_json(latency.timing)}});
    if (!latency.against) continue;
    json.back()["against"] = to_json(*latency.against);
    json.back()["ratio"] = latency.ratio();
  }
  return json;
}

}  // namespace neusemslice
