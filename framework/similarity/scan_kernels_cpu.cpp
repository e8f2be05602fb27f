// The scan's steps as plain loops: their definition, and what runs on the CPU.
#include <algorithm>
#include <vector>

#include <ATen/Parallel.h>

#include "core/vectorised.hpp"
#include "similarity/scan_kernel_steps.hpp"

namespace neusemslice::loops {
namespace {

constexpr std::int64_t kColumnsPerTask = 256;
constexpr std::int64_t kRowsPerTask = 64;

double squares(const float* values, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += squared(values[i]);
  return sum;
}

/// Columns [begin, end): neighbours in memory side by side in a vector, the rows in their order.
NEUSEMSLICE_VECTORISED void add_column_dots(const ColumnDot body, std::int64_t rows, std::int64_t begin,
                                            std::int64_t end, double* sum) {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = begin; column < end; ++column) sum[column] += body.term(row, column);
  }
}

NEUSEMSLICE_VECTORISED void add_squares(const float* products, std::int64_t count, double* sums) {
  for (std::int64_t i = 0; i < count; ++i) sums[i] += squared(products[i]);
}

}  // namespace

void column_dots(const ColumnDot& body, std::int64_t rows, at::Tensor& dots) {
  at::parallel_for(0, dots.numel(), kColumnsPerTask, [&](std::int64_t begin, std::int64_t end) {
    add_column_dots(body, rows, begin, end, dots.mutable_data_ptr<double>());
  });
}

void growth_inside(const at::Tensor& inner, std::int64_t positions, at::Tensor& growth) {
  const std::int64_t width = inner.size(0);
  at::parallel_for(0, growth.numel(), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t unit = begin; unit < end; ++unit) {
      double sum = 0;
      for (std::int64_t row = unit * positions; row < (unit + 1) * positions; ++row) {
        const float* products = inner.const_data_ptr<float>() + row * width;
        sum += row_growth(squares(products, unit * positions), squares(products + unit * positions, positions));
      }
      growth.mutable_data_ptr<double>()[unit] = sum;
    }
  });
}

void pair_squares(const at::Tensor& inner, std::int64_t positions, at::Tensor& squares_of_pairs) {
  const std::int64_t width = inner.size(1);
  const std::int64_t others = squares_of_pairs.size(1);
  at::parallel_for(0, squares_of_pairs.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> of_columns(static_cast<std::size_t>(width));
    for (std::int64_t unit = begin; unit < end; ++unit) {
      std::ranges::fill(of_columns, 0);
      for (std::int64_t row = unit * positions; row < (unit + 1) * positions; ++row) {
        add_squares(inner.const_data_ptr<float>() + row * width, width, of_columns.data());
      }
      double* const sums = squares_of_pairs.mutable_data_ptr<double>() + unit * others;
      const double* of_column = of_columns.data();
      for (std::int64_t other = 0; other < others; ++other) {
        for (std::int64_t position = 0; position < positions; ++position) sums[other] += *of_column++;
      }
    }
  });
}

}  // namespace neusemslice::loops
