#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

namespace neusemslice {

/// Positions in the training set, ascending (int64).
struct TrainingSplit {
  at::Tensor training;
  at::Tensor validation;
};

/// Holds out `validation_percent` of every category (rounded to the nearest sample), drawn from the stream (seed,
/// "validation split"). Choices are made on the held-out part, see method.md section 7.
TrainingSplit split_training(const at::Tensor& labels, std::int64_t categories, std::int64_t validation_percent,
                             std::uint64_t seed);

/// For each category the positions of its samples among `positions` (all when undefined), in file order; the first
/// `limit` of them (0 = all).
std::vector<at::Tensor> positions_by_category(const at::Tensor& labels, std::int64_t categories, std::int64_t limit,
                                              const at::Tensor& positions = {});

/// `positions` in the random order of one epoch: the stream (seed, "shuffle/epoch <epoch>").
at::Tensor shuffled(const at::Tensor& positions, std::uint64_t seed, std::int64_t epoch);

}  // namespace neusemslice
