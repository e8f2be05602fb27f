#pragma once

#include <string>
#include <vector>

#include "support/problem.hpp"

namespace neusemslice::test_support {

/// Tiny networks with every operation, each of the kind of one in the zoo, for images of (3, 9, 9):
///   stack       convolutions with and without batch norm and bias, max poolings that overlap, are padded, and are
///               neither; flattening into two linear layers with dropout between them
///   averages    average pooling that overlaps, adaptive pooling to uneven windows, a linear layer behind 2x2 positions
///   basic       residual blocks of two convolutions, with and without a convolution on the way around, behind a stem
///               with a padded max pooling
///   bottleneck  residual blocks of three convolutions, likewise; the first has a convolution on the way around
std::vector<std::string> toy_kinds();

/// Four categories.
Architecture toy_architecture(const std::string& kind);

/// Any architecture with random parameters, about half of the units above zero at a time, and running statistics that
/// are not the identity.
Network random_network(const Architecture& architecture, std::uint64_t seed);

Network toy_network(const std::string& kind, std::uint64_t seed);

/// With random images and labels; the dataset has a normalisation, so that zeros are no black images.
Problem toy_problem(const std::string& kind, std::uint64_t seed, std::int64_t samples = 40);

/// Every architecture of the zoo, an eighth as wide, ten categories; images as small as it takes.
std::vector<Architecture> narrow_zoo();

}  // namespace neusemslice::test_support
