#include "training/trainable.hpp"

#include "core/error.hpp"

namespace neusemslice {
namespace {

/// Index of each trained row and column, as a grid that index and index_put_ take.
std::pair<at::Tensor, at::Tensor> grid(const at::Tensor& tensor, const TrainableRegion& region) {
  const auto all = [&](std::int64_t dimension) {
    return at::arange(tensor.size(dimension), tensor.options().dtype(at::kLong));
  };
  const at::Tensor rows = region.rows.defined() ? region.rows : all(0);
  const at::Tensor columns = region.columns.defined() ? region.columns : all(1);
  return {rows.view({-1, 1}), columns.view({1, -1})};
}

}  // namespace

bool is_whole(const TrainableRegion& region) {
  return !region.rows.defined() && !region.columns.defined() && !region.entries.defined();
}

TrainableParameters train_everything(const Network& network) {
  TrainableParameters trainable;
  for (const auto& entry : network.parameters) trainable.emplace(entry.first, TrainableRegion{});
  return trainable;
}

MeasuredChannels measured_channels(const Architecture& architecture, const TrainableParameters& trainable) {
  MeasuredChannels measured;
  for (auto& [name, channels] : measure_everything(architecture)) {
    const auto scale = trainable.find(name + ".weight");
    if (scale == trainable.end()) continue;
    const TrainableRegion& region = scale->second;
    at::Tensor trained = region.entries.defined() ? region.entries.nonzero().flatten() : region.rows;
    if (trained.defined() && trained.numel() == 0) continue;
    measured.emplace(name, std::move(trained));
  }
  return measured;
}

std::int64_t trainable_count(const Network& network, const TrainableParameters& trainable) {
  std::int64_t count = 0;
  for (const auto& [name, region] : trainable) {
    count += gather_region(network.parameters.at(name), region).numel();
  }
  return count;
}

at::Tensor gather_region(const at::Tensor& tensor, const TrainableRegion& region) {
  if (region.entries.defined()) return tensor.masked_select(region.entries);
  at::Tensor part = tensor;
  if (region.rows.defined()) part = part.index_select(0, region.rows);
  if (region.columns.defined()) part = part.index_select(1, region.columns);
  return part;
}

void scatter_region(at::Tensor& tensor, const TrainableRegion& region, const at::Tensor& part) {
  if (region.entries.defined()) {
    tensor.masked_scatter_(region.entries, part);
  } else if (region.columns.defined()) {
    const auto [rows, columns] = grid(tensor, region);
    tensor.index_put_({rows, columns}, part);
  } else if (region.rows.defined()) {
    tensor.index_copy_(0, region.rows, part);
  } else {
    tensor.copy_(part);
  }
}

}  // namespace neusemslice
