#pragma once

#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/timing.hpp"
#include "data/dataset.hpp"
#include "models/network.hpp"

namespace neusemslice {

/// How long one batch takes through one network, and through another one in turn with it.
struct BatchLatency {
  std::int64_t batch = 0;
  Timing timing;
  std::optional<Timing> against;

  /// The other's median in terms of the network's own: above 1 where the network is the faster one.
  [[nodiscard]] double ratio() const { return against->median_seconds / timing.median_seconds; }
};

/// At batch 1 and 128, from normalised test images on the network's device to logits on the host. `against` may be
/// null.
std::vector<BatchLatency> measure_latency(const Network& network, const Network* against, const Dataset& dataset);

void print_latency(const std::vector<BatchLatency>& latencies);

/// A list of {"batch", "model", "against", "ratio"}, the last two when there is another; in seconds.
nlohmann::json latency_to_json(const std::vector<BatchLatency>& latencies);

}  // namespace neusemslice
