// The way down through a max pooling by LibTorch's operators: any device.
#include <limits>

#include "contribution/pool_kernels.hpp"

namespace neusemslice::aten {
namespace {

constexpr double kSmallDifference = 1e-10;
constexpr double kEqual = 1e-6;

/// Values with the padding around them, which is less than any.
at::Tensor padded(const at::Tensor& values, std::int64_t padding) {
  const std::vector<std::int64_t> sides(4, padding);
  return at::constant_pad_nd(values, sides, -std::numeric_limits<double>::infinity());
}

/// Of every window the value at one offset: a view of the padded values, of the shape of the output.
at::Tensor at_offset(const at::Tensor& values, std::int64_t offset, const MaxPooling& pooling, at::IntArrayRef output) {
  const auto side = [&](std::int64_t begin, std::int64_t windows) {
    return std::make_pair(begin, begin + (windows - 1) * pooling.stride + 1);
  };
  const auto [top, bottom] = side(offset / pooling.kernel, output[2]);
  const auto [left, right] = side(offset % pooling.kernel, output[3]);
  return values.slice(2, top, bottom, pooling.stride).slice(3, left, right, pooling.stride);
}

/// The offset of each window's arg max: the first, row by row, that is equal to the largest within kEqual.
at::Tensor arg_max(const at::Tensor& values, const at::Tensor& largest, const MaxPooling& pooling) {
  const at::Tensor least = largest - largest.abs() * kEqual;
  at::Tensor offsets = at::full(largest.sizes(), -1, largest.options().dtype(at::kLong));
  for (std::int64_t offset = pooling.kernel * pooling.kernel - 1; offset >= 0; --offset) {
    offsets.masked_fill_(at_offset(values, offset, pooling, largest.sizes()) >= least, offset);
  }
  return offsets;
}

at::Tensor pooled(const at::Tensor& values, const MaxPooling& pooling) {
  return at::max_pool2d(values, pooling.kernel, pooling.stride, pooling.padding);
}

}  // namespace

at::Tensor max_pool_backward(const at::Tensor& values, const at::Tensor& gradients, const MaxPooling& pooling) {
  const at::Tensor indices =
      std::get<1>(at::max_pool2d_with_indices(values, pooling.kernel, pooling.stride, pooling.padding));
  return at::max_pool2d_with_indices_backward(gradients, values, pooling.kernel, pooling.stride, pooling.padding,
                                              /*dilation=*/1, /*ceil_mode=*/false, indices);
}

at::Tensor max_pool_rescale(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers,
                            const MaxPooling& pooling) {
  const at::Tensor own = padded(values, pooling.padding);
  const at::Tensor other = padded(reference, pooling.padding);
  const at::Tensor largest = pooled(values, pooling);
  const at::Tensor reference_largest = pooled(reference, pooling);
  const at::Tensor rise = largest - reference_largest;
  const at::Tensor place =
      at::where(rise < 0, arg_max(other, reference_largest, pooling), arg_max(own, largest, pooling));
  at::Tensor result = at::zeros_like(own);
  for (std::int64_t offset = 0; offset < pooling.kernel * pooling.kernel; ++offset) {
    const at::Tensor difference =
        at_offset(own, offset, pooling, largest.sizes()) - at_offset(other, offset, pooling, reference_largest.sizes());
    const at::Tensor slope = at::where(difference.abs() < kSmallDifference, 1.0, rise / difference);
    at_offset(result, offset, pooling, largest.sizes())
        .add_(at::where(place == offset, multipliers * slope, 0.0));  // padding: inf - inf, but never an arg max
  }
  return result.slice(2, pooling.padding, pooling.padding + values.size(2))
      .slice(3, pooling.padding, pooling.padding + values.size(3))
      .contiguous();
}

}  // namespace neusemslice::aten
