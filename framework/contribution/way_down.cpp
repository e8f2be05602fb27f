#include "contribution/way_down.hpp"

#include <algorithm>
#include <utility>

#include "contribution/pool_kernels.hpp"
#include "contribution/score_kernels.hpp"
#include "core/error.hpp"
#include "models/input_gradient.hpp"

namespace neusemslice {
namespace {

/// A gradient belongs to one node alone, so it may be changed in place.
class WayDown {
 public:
  WayDown(const Network& network, const PassesDown& passes, NodeValues values, const NodeValues& reference)
      : network_(network),
        nodes_(network.architecture.nodes),
        shapes_(node_shapes(network.architecture)),
        passes_(passes),
        values_(std::move(values)),
        reference_(reference),
        gradients_(nodes_.size()) {}

  void run(at::Tensor logit_gradients, const GradientVisitor& visit) {
    const auto top = static_cast<std::int64_t>(nodes_.size()) - 1;
    samples_ = logit_gradients.size(0) / passes_.count_at(top);
    gradients_.back() = std::move(logit_gradients);
    for (std::int64_t i = top; passes_.count_at(i) > 0; --i) {
      const auto index = static_cast<std::size_t>(i);
      if (const at::Tensor gradient = std::exchange(gradients_[index], {}); gradient.defined()) {
        visit(i, values_[index], by_pass(i, gradient));
        pass_on(nodes_[index], gradient);
      }
      values_[index].reset();
    }
  }

 private:
  /// The rows of each pass that reaches `node`.
  [[nodiscard]] NodeGradients by_pass(std::int64_t node, const at::Tensor& gradient) const {
    NodeGradients gradients;
    std::int64_t row = 0;
    if (passes_.taylor_reaches(node)) gradients.taylor = gradient.slice(0, 0, row += samples_);
    if (passes_.deeplift_reaches(node)) gradients.deeplift = gradient.slice(0, row, row + samples_);
    return gradients;
  }

  void pass_on(const Node& node, const at::Tensor& gradient) {
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      const std::int64_t input = node.inputs[k];
      const std::int64_t passes = passes_.count_at(input);
      if (passes == 0) continue;
      const bool last = k + 1 == node.inputs.size();
      const at::Tensor wanted = gradient.slice(0, 0, passes * samples_);
      add_to(gradients_[static_cast<std::size_t>(input)], through(node, input, last ? wanted : wanted.clone()));
    }
  }

  static void add_to(at::Tensor& sum, at::Tensor addition) {
    if (sum.defined())
      sum.add_(addition);
    else
      sum = std::move(addition);
  }

  [[nodiscard]] at::Tensor through(const Node& node, std::int64_t input, const at::Tensor& gradient) const {
    if (node.operation == Operation::relu) return through_relu(input, gradient);
    if (node.operation == Operation::max_pool) return through_max_pool(node, input, gradient);
    return input_gradient(network_, node, gradient, shapes_[static_cast<std::size_t>(input)]);
  }

  [[nodiscard]] at::Tensor through_relu(std::int64_t input, const at::Tensor& gradient) const {
    const auto index = static_cast<std::size_t>(input);
    const auto [taylor, deeplift] = by_pass(input, gradient);
    if (taylor.defined()) relu_backward(values_[index], taylor);
    if (deeplift.defined()) rescale_backward(values_[index], reference_[index], deeplift);
    return gradient;
  }

  [[nodiscard]] at::Tensor through_max_pool(const Node& node, std::int64_t input, const at::Tensor& gradient) const {
    const auto index = static_cast<std::size_t>(input);
    const MaxPooling pooling{.kernel = node.kernel, .stride = node.stride, .padding = node.padding};
    const auto [taylor, deeplift] = by_pass(input, gradient);
    std::vector<at::Tensor> below;
    if (taylor.defined()) below.push_back(max_pool_backward(values_[index], taylor, pooling));
    if (deeplift.defined()) {
      below.push_back(max_pool_rescale(values_[index], reference_[index], deeplift, pooling));
    }
    return below.size() == 1 ? below.front() : at::cat(below);
  }

  const Network& network_;
  const std::vector<Node>& nodes_;
  std::vector<std::vector<std::int64_t>> shapes_;
  PassesDown passes_;
  NodeValues values_;
  const NodeValues& reference_;
  std::vector<at::Tensor> gradients_;  ///< (passes that reach the node * samples, ...)
  std::int64_t samples_ = 0;
};

}  // namespace

std::vector<std::int64_t> nodes_read_on_the_way_down(const Architecture& architecture, const PassesDown& passes) {
  std::vector<std::int64_t> read;
  for (const Node& node : architecture.nodes) {
    const bool reads = node.operation == Operation::relu || node.operation == Operation::max_pool;
    if (reads && passes.count_at(node.inputs[0]) > 0) read.push_back(node.inputs[0]);
  }
  std::ranges::sort(read);
  read.erase(std::ranges::unique(read).begin(), read.end());
  return read;
}

HeldValues forward_holding(const Network& network, const at::Tensor& batch, const std::vector<std::int64_t>& nodes,
                           const NodeVisitor& visit) {
  HeldValues held{NodeValues(network.architecture.nodes.size()), {}};
  held.logits = forward(network, batch, {}, nodes, [&](std::int64_t node, const at::Tensor& value) {
    held.values[static_cast<std::size_t>(node)] = value;
    if (visit) visit(node, value);
  });
  return held;
}

void go_down(const Network& network, const PassesDown& passes, NodeValues values, const NodeValues& reference,
             at::Tensor logit_gradients, const GradientVisitor& visit) {
  require(!passes.taylor || !passes.deeplift || *passes.taylor <= *passes.deeplift,
          "Taylor's pass goes down at least as far as DeepLIFT's");
  WayDown(network, passes, std::move(values), reference).run(std::move(logit_gradients), visit);
}

}  // namespace neusemslice
