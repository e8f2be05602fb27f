#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "data/dataset.hpp"
#include "models/network.hpp"
#include "models/units.hpp"

namespace neusemslice::test_support {

/// A small random network and labelled images for it.
struct Problem {
  Network network;
  UnitGraph units;
  Dataset dataset;                    ///< training and test sets of equal size
  std::vector<at::Tensor> positions;  ///< of the training images, by category
};

struct ProblemShape {
  std::vector<std::int64_t> image = {1, 3, 2};
  std::vector<std::int64_t> hidden = {7, 5};
  std::int64_t categories = 3;
  std::int64_t samples = 60;
};

/// Weights of about +-1 / sqrt(inputs), biases of both signs so that some units are silent on some samples, labels in
/// a random order. Equal seeds give equal problems.
Problem random_problem(std::uint64_t seed, const ProblemShape& shape = {});

/// Uniform numbers in [low, high), float32, from the named stream of the seed.
at::Tensor random_tensor(std::uint64_t seed, const std::string& purpose, at::IntArrayRef shape, double low,
                         double high);

/// 0 .. count - 1 in a random order.
std::vector<std::int64_t> random_order(std::uint64_t seed, std::int64_t count);

at::Tensor index_tensor(const std::vector<std::int64_t>& values);

/// A network whose parameters share no memory with the original's.
Network deep_copy(const Network& network);

/// Same type, same shape and the same bits in every entry.
bool bits_equal(const at::Tensor& a, const at::Tensor& b);

/// max |actual - expected| / max |expected|; the plain difference where everything expected is 0.
double relative_to_largest(const at::Tensor& actual, const at::Tensor& expected);

/// The network T of baselines.md: 2-3-2-2, ReLU, logits out.
Network net_t();

/// Net T behind a layer fc1 that adds 10 to both inputs, which net T's first layer takes away again: for inputs above
/// -10, the units of fc1 stand for the inputs, and the layers of T follow as fc2, fc3 and fc4.
Network net_t_with_inputs_as_units();

/// One row of inputs for either, (1, 1, 1, 2).
at::Tensor net_t_input(double first, double second);

}  // namespace neusemslice::test_support
