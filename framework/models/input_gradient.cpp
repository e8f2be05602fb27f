#include "models/input_gradient.hpp"

#include <array>

#include "core/error.hpp"

namespace neusemslice {
namespace {

std::vector<std::int64_t> batch_shape(std::int64_t samples, const std::vector<std::int64_t>& of_sample) {
  std::vector<std::int64_t> shape = {samples};
  shape.insert(shape.end(), of_sample.begin(), of_sample.end());
  return shape;
}

/// What LibTorch takes the input's shape from; its entries are never read.
at::Tensor like_input(const at::Tensor& gradient, const std::vector<std::int64_t>& input_shape) {
  return at::empty(batch_shape(gradient.size(0), input_shape), gradient.options());
}

at::Tensor through_convolution(const Network& network, const Node& node, const at::Tensor& gradient,
                               const std::vector<std::int64_t>& input_shape) {
  constexpr std::array<bool, 3> kInputOnly = {true, false, false};
  const std::vector<std::int64_t> stride(2, node.stride);
  const std::vector<std::int64_t> padding(2, node.padding);
  return std::get<0>(at::convolution_backward(gradient, like_input(gradient, input_shape),
                                              network.parameters.at(node.name + ".weight"), std::nullopt, stride,
                                              padding, /*dilation=*/{1, 1}, /*transposed=*/false,
                                              /*output_padding=*/{0, 0}, /*groups=*/1, kInputOnly));
}

/// d(output)/d(input) of batch norm is one number a channel: weight / sqrt(running variance + epsilon).
at::Tensor through_batch_norm(const Network& network, const Node& node, at::Tensor gradient) {
  const at::Tensor deviation = (network.buffers.at(node.name + ".running_var") + kBatchNormEpsilon).sqrt_();
  std::vector<std::int64_t> by_channel(static_cast<std::size_t>(gradient.dim()), 1);
  by_channel[1] = -1;
  return gradient.mul_((network.parameters.at(node.name + ".weight") / deviation).view(by_channel));
}

}  // namespace

at::Tensor input_gradient(const Network& network, const Node& node, const at::Tensor& gradient,
                          const std::vector<std::int64_t>& input_shape) {
  switch (node.operation) {
    case Operation::linear:
      return at::mm(gradient, network.parameters.at(node.name + ".weight"));
    case Operation::convolution:
      return through_convolution(network, node, gradient, input_shape);
    case Operation::batch_norm:
      return through_batch_norm(network, node, gradient);
    case Operation::average_pool:
      return at::avg_pool2d_backward(gradient, like_input(gradient, input_shape), node.kernel, node.stride,
                                     node.padding, /*ceil_mode=*/false, /*count_include_pad=*/true, std::nullopt);
    case Operation::adaptive_average_pool:
      return at::_adaptive_avg_pool2d_backward(gradient, like_input(gradient, input_shape));
    case Operation::flatten:
      return gradient.view(batch_shape(gradient.size(0), input_shape));
    case Operation::dropout:
    case Operation::add:
      return gradient;
    case Operation::input:
    case Operation::relu:
    case Operation::max_pool:
      break;
  }
  throw Error("no gradient goes through a " + std::string(operation_name(node.operation)) + " without its input");
}

}  // namespace neusemslice
