#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "models/network.hpp"

namespace neusemslice {

/// Which entries of one parameter tensor train. Rows (dimension 0) and columns (dimension 1) restrict it to their
/// intersection; `entries` (bool, the tensor's shape) to any set. Nothing given: all of it.
struct TrainableRegion {
  at::Tensor rows;     ///< int64 positions, or undefined
  at::Tensor columns;  ///< int64 positions, or undefined
  at::Tensor entries;  ///< excludes rows and columns
};

/// Parameters that train; one that is not named is frozen.
using TrainableParameters = std::map<std::string, TrainableRegion>;

TrainableParameters train_everything(const Network& network);

/// The channels whose scale trains: a batch norm measures the batch where it trains, and nowhere else.
MeasuredChannels measured_channels(const Architecture& architecture, const TrainableParameters& trainable);

/// How many entries train.
std::int64_t trainable_count(const Network& network, const TrainableParameters& trainable);

/// The trained part as a tensor of its own, gathered from `tensor` (a parameter or its gradient).
at::Tensor gather_region(const at::Tensor& tensor, const TrainableRegion& region);

/// Writes a part that gather_region made back; every other entry keeps its bits.
void scatter_region(at::Tensor& tensor, const TrainableRegion& region, const at::Tensor& part);

/// Whether the region is the whole tensor, which then needs no gathering.
bool is_whole(const TrainableRegion& region);

}  // namespace neusemslice
