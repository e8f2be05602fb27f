// The scorer's steps as plain loops: their definition, and what runs on the CPU.
#include <cmath>
#include <cstdint>

#include <ATen/Parallel.h>

#include "contribution/score_kernels.hpp"
#include "core/error.hpp"

// One clone a vector width, chosen when the program starts. None may fuse a multiplication with an addition, as
// AVX-512 could, so all give the same bits. (An attribute, for GCC takes -ffp-contract from the precompiled header.)
#define NEUSEMSLICE_VECTORISED __attribute__((optimize("fp-contract=off"), target_clones("default", "avx2", "avx512f")))

namespace neusemslice {
namespace {

constexpr float kSmallDifference = 1e-10F;
constexpr std::int64_t kUnitsPerTask = 64;
constexpr std::int64_t kValuesPerTask = 1 << 15;

bool has_loops(const at::Tensor& values) {
  return values.is_cpu() && values.scalar_type() == at::kFloat;
}

/// (samples, units, positions), contiguous.
struct Shape {
  std::int64_t samples;
  std::int64_t units;
  std::int64_t positions;
};

Shape shape_of(const at::Tensor& values) {
  require(values.dim() >= 2 && values.is_contiguous(),
          "unit values must be contiguous, of shape (samples, units, ...)");
  const std::int64_t rows = values.size(0) * values.size(1);
  return {values.size(0), values.size(1), rows == 0 ? 1 : values.numel() / rows};
}

at::Tensor zero_sums(std::int64_t units) {
  return at::zeros({units}, at::kDouble);
}

/// sum and squared_sum of m(x) - shift over the samples, for units [begin, end).
NEUSEMSLICE_VECTORISED void add_deviations(const float* values, const Shape& shape, std::int64_t begin,
                                           std::int64_t end, const double* shift, double* sum, double* squared_sum) {
  const auto positions = static_cast<double>(shape.positions);
  for (std::int64_t sample = 0; sample < shape.samples; ++sample) {
    const float* row = values + sample * shape.units * shape.positions;
    if (shape.positions == 1) {
      for (std::int64_t u = begin; u < end; ++u) {
        const double deviation = static_cast<double>(row[u]) - shift[u];
        sum[u] += deviation;
        squared_sum[u] += deviation * deviation;
      }
      continue;
    }
    for (std::int64_t u = begin; u < end; ++u) {
      double total = 0;
      for (std::int64_t p = 0; p < shape.positions; ++p) total += static_cast<double>(row[u * shape.positions + p]);
      const double deviation = total / positions - shift[u];
      sum[u] += deviation;
      squared_sum[u] += deviation * deviation;
    }
  }
}

NEUSEMSLICE_VECTORISED void add_attributions(const float* values, const float* reference, const float* multipliers,
                                             const Shape& shape, std::int64_t begin, std::int64_t end, double* sum) {
  for (std::int64_t sample = 0; sample < shape.samples; ++sample) {
    const std::int64_t offset = sample * shape.units * shape.positions;
    if (shape.positions == 1) {
      for (std::int64_t u = begin; u < end; ++u) {
        sum[u] += (static_cast<double>(values[offset + u]) - static_cast<double>(reference[u])) *
                  static_cast<double>(multipliers[offset + u]);
      }
      continue;
    }
    for (std::int64_t u = begin; u < end; ++u) {
      for (std::int64_t i = u * shape.positions; i < (u + 1) * shape.positions; ++i) {
        sum[u] += (static_cast<double>(values[offset + i]) - static_cast<double>(reference[i])) *
                  static_cast<double>(multipliers[offset + i]);
      }
    }
  }
}

NEUSEMSLICE_VECTORISED void add_sensitivities(const float* z, const float* gradients, const Shape& shape,
                                              std::int64_t begin, std::int64_t end, double* sum, double* squared_sum) {
  for (std::int64_t sample = 0; sample < shape.samples; ++sample) {
    const std::int64_t offset = sample * shape.units * shape.positions;
    if (shape.positions == 1) {
      for (std::int64_t u = begin; u < end; ++u) {
        const double sensitivity = static_cast<double>(z[offset + u]) * static_cast<double>(gradients[offset + u]);
        sum[u] += sensitivity;
        squared_sum[u] += sensitivity * sensitivity;
      }
      continue;
    }
    for (std::int64_t u = begin; u < end; ++u) {
      double sensitivity = 0;
      for (std::int64_t i = u * shape.positions; i < (u + 1) * shape.positions; ++i) {
        sensitivity += static_cast<double>(z[offset + i]) * static_cast<double>(gradients[offset + i]);
      }
      sum[u] += sensitivity;
      squared_sum[u] += sensitivity * sensitivity;
    }
  }
}

NEUSEMSLICE_VECTORISED void multiply_by_derivative(const float* z, float* gradients, std::int64_t begin,
                                                   std::int64_t end) {
  for (std::int64_t i = begin; i < end; ++i) gradients[i] = z[i] > 0 ? gradients[i] : 0.0F;
}

/// One sample's values [begin, end); the reference has the same place in every sample.
NEUSEMSLICE_VECTORISED void multiply_by_rescale(const float* z, const float* reference, float* multipliers,
                                                std::int64_t begin, std::int64_t end) {
  for (std::int64_t i = begin; i < end; ++i) {
    const float difference = z[i] - reference[i];
    const float rise = (z[i] > 0 ? z[i] : 0.0F) - (reference[i] > 0 ? reference[i] : 0.0F);
    const bool small = std::fabs(difference) < kSmallDifference;
    const float slope = rise / (small ? 1.0F : difference);  // always divided: a branch would not vectorise
    multipliers[i] *= small ? (z[i] > 0 ? 1.0F : 0.0F) : slope;
  }
}

/// m(x) of the first sample: a shift that keeps squares from cancelling.
at::Tensor first_means(const at::Tensor& values, const Shape& shape) {
  return values.select(0, 0).reshape({shape.units, shape.positions}).mean(1, false, at::kDouble);
}

}  // namespace

BatchMoments batch_moments(const at::Tensor& values) {
  if (!has_loops(values)) return aten::batch_moments(values);
  const Shape shape = shape_of(values);
  const at::Tensor shift = first_means(values, shape);
  at::Tensor sum = zero_sums(shape.units);
  at::Tensor squared_sum = zero_sums(shape.units);
  at::parallel_for(0, shape.units, kUnitsPerTask, [&](std::int64_t begin, std::int64_t end) {
    add_deviations(values.const_data_ptr<float>(), shape, begin, end, shift.const_data_ptr<double>(),
                   sum.mutable_data_ptr<double>(), squared_sum.mutable_data_ptr<double>());
  });
  const auto count = static_cast<double>(shape.samples);
  return {shift + sum / count, (squared_sum - sum.square() / count).clamp_min_(0)};
}

at::Tensor attribution_sum(const at::Tensor& values, const at::Tensor& reference, const at::Tensor& multipliers) {
  if (!has_loops(values)) return aten::attribution_sum(values, reference, multipliers);
  const Shape shape = shape_of(values);
  const at::Tensor factors = multipliers.contiguous();
  at::Tensor sum = zero_sums(shape.units);
  at::parallel_for(0, shape.units, kUnitsPerTask, [&](std::int64_t begin, std::int64_t end) {
    add_attributions(values.const_data_ptr<float>(), reference.const_data_ptr<float>(), factors.const_data_ptr<float>(),
                     shape, begin, end, sum.mutable_data_ptr<double>());
  });
  return sum;
}

SensitivitySums sensitivity_sums(const at::Tensor& z, const at::Tensor& gradients) {
  if (!has_loops(z)) return aten::sensitivity_sums(z, gradients);
  const Shape shape = shape_of(z);
  const at::Tensor factors = gradients.contiguous();
  SensitivitySums sums{zero_sums(shape.units), zero_sums(shape.units)};
  at::parallel_for(0, shape.units, kUnitsPerTask, [&](std::int64_t begin, std::int64_t end) {
    add_sensitivities(z.const_data_ptr<float>(), factors.const_data_ptr<float>(), shape, begin, end,
                      sums.sum.mutable_data_ptr<double>(), sums.squared_sum.mutable_data_ptr<double>());
  });
  return sums;
}

void relu_backward(const at::Tensor& z, at::Tensor gradients) {
  if (!has_loops(z)) return aten::relu_backward(z, gradients);
  require(z.is_contiguous() && gradients.is_contiguous(), "a ReLU's values and gradients must be contiguous");
  at::parallel_for(0, z.numel(), kValuesPerTask, [&](std::int64_t begin, std::int64_t end) {
    multiply_by_derivative(z.const_data_ptr<float>(), gradients.mutable_data_ptr<float>(), begin, end);
  });
}

void rescale_backward(const at::Tensor& z, const at::Tensor& reference_z, at::Tensor multipliers) {
  if (!has_loops(z)) return aten::rescale_backward(z, reference_z, multipliers);
  require(z.is_contiguous() && multipliers.is_contiguous(), "a ReLU's values and multipliers must be contiguous");
  const std::int64_t width = reference_z.numel();
  at::parallel_for(0, z.size(0), std::max<std::int64_t>(kValuesPerTask / std::max<std::int64_t>(width, 1), 1),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t sample = begin; sample < end; ++sample) {
                       multiply_by_rescale(z.const_data_ptr<float>() + sample * width,
                                           reference_z.const_data_ptr<float>(),
                                           multipliers.mutable_data_ptr<float>() + sample * width, 0, width);
                     }
                   });
}

}  // namespace neusemslice
