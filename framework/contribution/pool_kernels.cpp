// The way down through a max pooling: what it is given is checked here, once for the CPU and the GPU.
#include "contribution/pool_kernels.hpp"

#include "contribution/fused.hpp"
#include "contribution/pool_kernel_steps.hpp"
#include "core/error.hpp"

namespace neusemslice {
namespace {

PoolShape shape_of(const at::Tensor& values, const at::Tensor& gradients, const MaxPooling& pooling) {
  const bool fits = values.dim() == 4 && gradients.dim() == 4 && values.size(0) == gradients.size(0) &&
                    values.size(1) == gradients.size(1) && values.device() == gradients.device() &&
                    gradients.scalar_type() == at::kFloat;
  require(fits && values.is_contiguous(), "a max pooling's values and gradients must be of the same samples and maps");
  const PoolShape shape{.height = values.size(2),
                        .width = values.size(3),
                        .out_height = gradients.size(2),
                        .out_width = gradients.size(3),
                        .kernel = pooling.kernel,
                        .stride = pooling.stride,
                        .padding = pooling.padding};
  const auto windows = [&](std::int64_t extent) {
    return (extent + 2 * pooling.padding - pooling.kernel) / pooling.stride + 1;
  };
  require(shape.out_height == windows(shape.height) && shape.out_width == windows(shape.width),
          "windows of {} by {} do not turn {}x{} values into {}x{}", pooling.kernel, pooling.stride, shape.height,
          shape.width, shape.out_height, shape.out_width);
  return shape;
}

}  // namespace

at::Tensor max_pool_backward(const at::Tensor& values, const at::Tensor& gradients, const MaxPooling& pooling) {
  if (!has_fused_form(values)) return aten::max_pool_backward(values, gradients, pooling);
  const PoolShape shape = shape_of(values, gradients, pooling);
  at::Tensor result = at::zeros_like(values);
  const at::Tensor above = gradients.contiguous();
  values.is_cuda() ? cuda::max_pool_backward(shape, values, above, result)
                   : loops::max_pool_backward(shape, values, above, result);
  return result;
}

at::Tensor max_pool_rescale(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers,
                            const MaxPooling& pooling) {
  if (!has_fused_form(values)) return aten::max_pool_rescale(values, reference, multipliers, pooling);
  const PoolShape shape = shape_of(values, multipliers, pooling);
  require(reference.is_contiguous() && reference.device() == values.device() && reference.size(0) == 1 &&
              reference.sizes().slice(1) == values.sizes().slice(1),
          "a max pooling's reference must be one sample of its values' shape");
  at::Tensor result = at::zeros_like(values);
  const at::Tensor above = multipliers.contiguous();
  values.is_cuda() ? cuda::max_pool_rescale(shape, values, reference, above, result)
                   : loops::max_pool_rescale(shape, values, reference, above, result);
  return result;
}

}  // namespace neusemslice
