#pragma once

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "contribution/sample_sums_launch.hpp"
#include "core/error.hpp"

namespace neusemslice::cuda {

/// A launch fails for a wrong grid, or for what an earlier kernel did to this device.
inline void require_launched(cudaError_t result, const char* kernel) {
  if (result != cudaSuccess) {
    throw EnvironmentError(fmt::format("start CUDA kernel {}: {}", kernel, cudaGetErrorString(result)));
  }
}

/// The current stream of the tensor's device, which is the current device while this lives.
class LaunchOn {
 public:
  explicit LaunchOn(const at::Tensor& tensor)
      : guard_(tensor.device()), stream_(c10::cuda::getCurrentCUDAStream(tensor.device().index())) {}
  [[nodiscard]] cudaStream_t stream() const { return stream_.stream(); }

 private:
  c10::cuda::CUDAGuard guard_;
  c10::cuda::CUDAStream stream_;
};

/// Fills `sums`, float64 zeros on the GPU.
template <typename Body>
void launch_sums(const Body& body, const UnitShape& shape, at::Tensor& sums, const char* kernel) {
  if (shape.samples == 0 || shape.units == 0) return;
  const LaunchOn launch(sums);
  const at::Tensor partial = at::empty({plan_sample_sums(shape).parts, sums.numel()}, sums.options());
  require_launched(launch_sample_sums(body, shape, partial.mutable_data_ptr<double>(), sums.mutable_data_ptr<double>(),
                                      launch.stream()),
                   kernel);
}

}  // namespace neusemslice::cuda
