#include "models/weight_block.hpp"

#include <array>

#include <torch/csrc/autograd/custom_function.h>

namespace neusemslice {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Units and channels are dimension 1 of values.
at::Tensor of_units(const at::Tensor& values, const at::Tensor& positions) {
  return positions.defined() ? values.index_select(1, positions) : values;
}

/// What the way back needs that is no variable of its own.
struct Place {
  at::Tensor rows;
  at::Tensor columns;
  std::int64_t stride;
  std::int64_t padding;
};

at::Tensor convolution_gradient(const at::Tensor& output_gradient, const at::Tensor& input, const at::Tensor& weight,
                                const Place& place, std::size_t of) {
  std::array<bool, 3> wanted = {};
  wanted.at(of) = true;
  const auto gradients = at::convolution_backward(output_gradient, input, weight, std::nullopt,
                                                  {place.stride, place.stride}, {place.padding, place.padding}, {1, 1},
                                                  /*transposed=*/false, {0, 0}, /*groups=*/1, wanted);
  return of == 0 ? std::get<0>(gradients) : std::get<1>(gradients);
}

class LayerWithBlock : public torch::autograd::Function<LayerWithBlock> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& block,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias, const Place& place) {
    context->save_for_backward({input, block, weight, place.rows, place.columns});
    context->saved_data["stride"] = place.stride;
    context->saved_data["padding"] = place.padding;
    context->saved_data["has_bias"] = bias.has_value();
    if (weight.dim() == 2) return at::linear(input, weight, bias);
    return at::conv2d(input, weight, bias, place.stride, place.padding);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &block = saved[1], &weight = saved[2];
    const Place place{saved[3], saved[4], context->saved_data["stride"].toInt(),
                      context->saved_data["padding"].toInt()};
    const at::Tensor& of_output = gradients.front();
    const bool is_linear = weight.dim() == 2;
    variable_list result(5);  // one for each argument of forward
    if (context->needs_input_grad(0)) {
      result[0] = is_linear ? of_output.mm(weight) : convolution_gradient(of_output, input, weight, place, 0);
    }
    const at::Tensor of_rows = of_units(of_output, place.rows);
    const at::Tensor read = of_units(input, place.columns);
    result[1] = is_linear ? of_rows.t().mm(read) : convolution_gradient(of_rows, read, block, place, 1);
    if (context->saved_data["has_bias"].toBool() && context->needs_input_grad(3)) {
      result[3] = is_linear ? of_output.sum(0) : of_output.sum({0, 2, 3});
    }
    return result;
  }
};

}  // namespace

at::Tensor apply_with_block(const Node& node, const at::Tensor& input, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const WeightBlock& block) {
  return LayerWithBlock::apply(input, block.values, weight, bias,
                               Place{block.rows, block.columns, node.stride, node.padding});
}

}  // namespace neusemslice
