#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "data/dataset.hpp"
#include "data/split.hpp"

namespace neusemslice {

// Learning a data set's categories one group after the other (method.md section 7, RQ4).

/// The categories of one task, in the order given.
using Categories = std::vector<std::int64_t>;

/// The tasks to learn, first to last: those given, checked against the data, or, where none are, the first half of the
/// categories and then the others. InputError where the data has no such category, or fewer than two.
std::vector<Categories> tasks_of(const std::vector<Categories>& given, const Dataset& dataset);

/// Those of `positions` (int64, of samples with these labels; none given: all) whose label is one of `categories`, in
/// their order.
at::Tensor positions_of(const Categories& categories, const at::Tensor& labels, const at::Tensor& positions = {});

/// Both parts of the split, of these categories alone.
TrainingSplit split_of(const Categories& categories, const at::Tensor& labels, const TrainingSplit& split);

/// `percent` of the samples of each category among `positions` (rounded to the nearest, at least one), drawn from the
/// stream (seed, "replay"), ascending. A smaller percentage draws a part of what a larger one does.
at::Tensor replayed_positions(const Categories& categories, const at::Tensor& labels, const at::Tensor& positions,
                              std::int64_t percent, std::uint64_t seed);

}  // namespace neusemslice
