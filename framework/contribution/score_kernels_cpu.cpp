// The scorer's steps as plain loops: their definition, and what runs on the CPU.
#include <algorithm>
#include <array>
#include <cstdint>

#include <ATen/Parallel.h>

#include "contribution/score_kernel_steps.hpp"
#include "core/vectorised.hpp"

namespace neusemslice::loops {
namespace {

constexpr std::int64_t kUnitsPerTask = 64;
constexpr std::int64_t kValuesPerTask = 1 << 15;

/// The sum of a unit's terms in kLanes running sums, side by side in a vector, which are added in their order.
template <typename Body>
NEUSEMSLICE_HOST_DEVICE double sum_positions(const Body& body, std::int64_t sample, std::int64_t begin,
                                             std::int64_t end) {
  constexpr std::int64_t kLanes = 16;
  std::array<double, kLanes> lanes{};
  std::int64_t place = begin;
  for (; place + kLanes <= end; place += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      lanes[static_cast<std::size_t>(lane)] += body.term(sample, place + lane);
    }
  }
  for (; place < end; ++place) lanes[static_cast<std::size_t>((place - begin) % kLanes)] += body.term(sample, place);
  double total = 0;
  for (const double lane : lanes) total += lane;
  return total;
}

/// Units [begin, end): neighbours in memory side by side in a vector.
template <typename Body>
NEUSEMSLICE_HOST_DEVICE void add_samples(const Body& body, const UnitShape& shape, std::int64_t begin, std::int64_t end,
                                         double* sum, double* squared_sum) {
  const auto add = [&](std::int64_t unit, double value) __attribute__((always_inline)) {
    sum[unit] += value;
    if constexpr (Body::kSquares) squared_sum[unit] += value * value;
  };
  for (std::int64_t sample = 0; sample < shape.samples; ++sample) {
    if (shape.positions == 1) {
      for (std::int64_t u = begin; u < end; ++u) add(u, body.of_sample(body.term(sample, u), u, 1));
      continue;
    }
    for (std::int64_t u = begin; u < end; ++u) {
      const double total = sum_positions(body, sample, u * shape.positions, (u + 1) * shape.positions);
      add(u, body.of_sample(total, u, shape.positions));
    }
  }
}

NEUSEMSLICE_VECTORISED void add(const Deviation body, const UnitShape shape, std::int64_t begin, std::int64_t end,
                                double* sum, double* squared_sum) {
  add_samples(body, shape, begin, end, sum, squared_sum);
}

NEUSEMSLICE_VECTORISED void add(const Attribution body, const UnitShape shape, std::int64_t begin, std::int64_t end,
                                double* sum, double* squared_sum) {
  add_samples(body, shape, begin, end, sum, squared_sum);
}

NEUSEMSLICE_VECTORISED void add(const Sensitivity body, const UnitShape shape, std::int64_t begin, std::int64_t end,
                                double* sum, double* squared_sum) {
  add_samples(body, shape, begin, end, sum, squared_sum);
}

/// Threads share the units, so each unit's sum runs over the samples in their order.
template <typename Body>
void add_in_parallel(const Body& body, const UnitShape& shape, at::Tensor& sums) {
  auto* const sum = sums.mutable_data_ptr<double>();
  double* const squared_sum = Body::kSquares ? sum + shape.units : nullptr;
  at::parallel_for(0, shape.units, kUnitsPerTask,
                   [&](std::int64_t begin, std::int64_t end) { add(body, shape, begin, end, sum, squared_sum); });
}

NEUSEMSLICE_VECTORISED void relu_gradients(const float* z, float* gradients, std::int64_t begin, std::int64_t end) {
  for (std::int64_t i = begin; i < end; ++i) gradients[i] = relu_gradient(z[i], gradients[i]);
}

/// One sample's values; the reference has the same place in every sample.
NEUSEMSLICE_VECTORISED void rescaled_multipliers(const float* z, const float* reference, float* multipliers,
                                                 std::int64_t width) {
  for (std::int64_t i = 0; i < width; ++i) multipliers[i] = rescaled_multiplier(z[i], reference[i], multipliers[i]);
}

}  // namespace

void sum_over_samples(const Deviation& body, const UnitShape& shape, at::Tensor& sums) {
  add_in_parallel(body, shape, sums);
}

void sum_over_samples(const Attribution& body, const UnitShape& shape, at::Tensor& sums) {
  add_in_parallel(body, shape, sums);
}

void sum_over_samples(const Sensitivity& body, const UnitShape& shape, at::Tensor& sums) {
  add_in_parallel(body, shape, sums);
}

void relu_backward(const at::Tensor& z, at::Tensor& gradients) {
  at::parallel_for(0, z.numel(), kValuesPerTask, [&](std::int64_t begin, std::int64_t end) {
    relu_gradients(z.const_data_ptr<float>(), gradients.mutable_data_ptr<float>(), begin, end);
  });
}

void rescale_backward(const at::Tensor& z, const at::Tensor& reference_z, at::Tensor& multipliers) {
  const std::int64_t width = reference_z.numel();
  const std::int64_t samples_per_task = std::max<std::int64_t>(kValuesPerTask / std::max<std::int64_t>(width, 1), 1);
  at::parallel_for(0, z.size(0), samples_per_task, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t sample = begin; sample < end; ++sample) {
      rescaled_multipliers(z.const_data_ptr<float>() + sample * width, reference_z.const_data_ptr<float>(),
                           multipliers.mutable_data_ptr<float>() + sample * width, width);
    }
  });
}

}  // namespace neusemslice::loops
