#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/architecture.hpp"

namespace neusemslice {

/// Appends steps to an architecture and keeps track of shapes, so that a description need not repeat what follows from
/// the step before. Every call returns the new node's position; `from` is the position it reads, the last one unless
/// given.
class NetworkBuilder {
 public:
  static constexpr std::int64_t kLast = -1;

  NetworkBuilder(std::string name, std::vector<std::int64_t> input_shape);

  std::int64_t convolution(const std::string& name, std::int64_t channels, std::int64_t kernel, std::int64_t stride,
                           std::int64_t padding, bool bias, std::int64_t from = kLast);
  std::int64_t linear(const std::string& name, std::int64_t features, bool bias = true);
  std::int64_t batch_norm(const std::string& name, std::int64_t from = kLast);
  std::int64_t relu();
  std::int64_t max_pool(std::int64_t kernel, std::int64_t stride, std::int64_t padding = 0);
  std::int64_t average_pool(std::int64_t kernel, std::int64_t stride, std::int64_t padding = 0);
  std::int64_t adaptive_average_pool(std::int64_t output_size);
  std::int64_t flatten();
  std::int64_t dropout(double probability);
  std::int64_t add(std::int64_t first, std::int64_t second);
  /// A step as it is, but for what it reads: the positions `inputs`.
  std::int64_t append(Node node, std::vector<std::int64_t> inputs);

  [[nodiscard]] std::int64_t last() const { return static_cast<std::int64_t>(architecture_.nodes.size()) - 1; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return architecture_.nodes; }
  /// Channels, or features, of a node's output.
  [[nodiscard]] std::int64_t channels(std::int64_t node) const;
  [[nodiscard]] Architecture build(Initialisation initialisation) &&;

 private:
  Architecture architecture_;
  std::vector<std::vector<std::int64_t>> shapes_;
};

}  // namespace neusemslice
