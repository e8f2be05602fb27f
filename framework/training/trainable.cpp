#include "training/trainable.hpp"

#include <algorithm>
#include <vector>

#include "core/error.hpp"

namespace neusemslice {
namespace {

/// On the host LibTorch's indexing takes ten times as long as copying does, and would make a part cost more than the
/// whole.
bool has_fast_form(const at::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat && tensor.is_contiguous();
}

std::vector<std::int64_t> part_shape(const at::Tensor& tensor, const TrainableRegion& region) {
  std::vector<std::int64_t> shape = tensor.sizes().vec();
  if (region.rows.defined()) shape[0] = region.rows.numel();
  if (region.columns.defined()) shape[1] = region.columns.numel();
  return shape;
}

/// Which runs of a contiguous tensor a region of rows and columns consists of, and where they stand in its part.
class Block {
 public:
  Block(const at::Tensor& tensor, const TrainableRegion& region)
      : rows_(region.rows), columns_(region.columns), width_(tensor.numel() / tensor.size(0)), height_(tensor.size(0)) {
    if (columns_.defined()) inner_ = width_ / tensor.size(1);
  }

  /// Calls `copy` with each run's place in the tensor, its place in the part, and its length.
  template <typename Copy>
  void for_each(const Copy& copy) const {
    const std::int64_t row_count = rows_.defined() ? rows_.numel() : height_;
    for (std::int64_t row = 0; row < row_count; ++row) {
      const std::int64_t start = (rows_.defined() ? rows_.const_data_ptr<std::int64_t>()[row] : row) * width_;
      columns_.defined() ? copy_columns(start, row, copy) : copy(start, row * width_, width_);
    }
  }

 private:
  template <typename Copy>
  void copy_columns(std::int64_t start, std::int64_t row, const Copy& copy) const {
    const std::int64_t count = columns_.numel();
    const auto* const columns = columns_.const_data_ptr<std::int64_t>();
    for (std::int64_t column = 0; column < count; ++column) {
      copy(start + columns[column] * inner_, (row * count + column) * inner_, inner_);
    }
  }

  at::Tensor rows_;
  at::Tensor columns_;
  std::int64_t width_;      ///< of a row
  std::int64_t height_;     ///< rows of the tensor
  std::int64_t inner_ = 1;  ///< values of one column of a row
};

/// A linear layer's columns are runs of one value.
void copy_run(const float* from, std::int64_t count, float* to) {
  if (count == 1)
    *to = *from;
  else
    std::copy_n(from, count, to);
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
  if (is_whole(region)) return tensor;
  if (has_fast_form(tensor)) {
    at::Tensor part = at::empty(part_shape(tensor, region), tensor.options().requires_grad(false));
    const Block block(tensor, region);
    const float* const from = tensor.const_data_ptr<float>();
    auto* const to = part.mutable_data_ptr<float>();
    block.for_each([&](std::int64_t whole, std::int64_t within, std::int64_t count) {
      copy_run(from + whole, count, to + within);
    });
    return part;
  }
  at::Tensor part = tensor;
  if (region.rows.defined()) part = part.index_select(0, region.rows);
  if (region.columns.defined()) part = part.index_select(1, region.columns);
  return part;
}

void scatter_region(at::Tensor& tensor, const TrainableRegion& region, const at::Tensor& part) {
  if (region.entries.defined()) {
    tensor.masked_scatter_(region.entries, part);
  } else if (is_whole(region)) {
    tensor.copy_(part);
  } else if (has_fast_form(tensor) && has_fast_form(part)) {
    const Block block(tensor, region);
    auto* const to = tensor.mutable_data_ptr<float>();
    const float* const from = part.const_data_ptr<float>();
    block.for_each([&](std::int64_t whole, std::int64_t within, std::int64_t count) {
      copy_run(from + within, count, to + whole);
    });
  } else if (!region.columns.defined()) {
    tensor.index_copy_(0, region.rows, part);
  } else if (!region.rows.defined()) {
    tensor.index_copy_(1, region.columns, part);
  } else {
    tensor.index_put_({region.rows.view({-1, 1}), region.columns}, part);
  }
}

}  // namespace neusemslice
