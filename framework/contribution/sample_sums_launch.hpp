#pragma once

#include <cuda_runtime_api.h>

#include "contribution/sample_sums_plan.hpp"

namespace neusemslice::cuda {

/// Sums of a body over the samples, as sample_sums.cuh defines them: `sums` gets (2, units) doubles for a body with
/// kSquares and (1, units) otherwise; `partial` has room for plan_sample_sums(shape).parts times as many. All memory is
/// the current device's, `samples` and `units` are not 0. Does not wait.
template <typename Body>
cudaError_t launch_sample_sums(const Body& body, const UnitShape& shape, double* partial, double* sums,
                               cudaStream_t stream);

}  // namespace neusemslice::cuda
