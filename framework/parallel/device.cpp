#include "parallel/device.hpp"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <spdlog/spdlog.h>
#ifdef NEUSEMSLICE_HAS_CUDA
#include <c10/cuda/CUDAFunctions.h>
#include <cuda_runtime_api.h>
#endif

#include "core/error.hpp"

namespace neusemslice {
namespace {

at::Device gpu(int index) {
  const int count = visible_gpus();
  if (index < count) return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
#ifdef NEUSEMSLICE_HAS_CUDA
  const std::string found = fmt::format("this process sees {}", count);
#else
  const std::string found = "this program was built for the CPU only";
#endif
  throw EnvironmentError(fmt::format("GPU {} was asked for, {}; use --device cpu", index, found));
}

/// A driver that is too old for the CUDA this program was built with hides every GPU.
void warn_of_unused_gpus() {
#ifdef NEUSEMSLICE_HAS_CUDA
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  const bool are_hidden_on_purpose = visible != nullptr && std::string_view(visible).empty();
  if (are_hidden_on_purpose || !std::filesystem::exists("/dev/nvidia0")) return;
  spdlog::warn(
      "this machine has a GPU (/dev/nvidia0) that CUDA does not see, so the CPU computes: is the driver too old for "
      "CUDA {}.{} (nvidia-smi)? --device cuda stops instead, --device cpu says nothing",
      CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
#endif
}

/// 3 for "cuda:3"; nothing for any other text.
std::optional<int> gpu_index(const std::string& name) {
  if (!name.starts_with("cuda:")) return std::nullopt;
  int index = -1;
  const char* const end = name.data() + name.size();
  const auto [parsed_to, error] = std::from_chars(name.data() + 5, end, index);
  if (error != std::errc() || parsed_to != end || index < 0) return std::nullopt;
  return index;
}

}  // namespace

int visible_gpus() {
  return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
}

at::Device choose_device(const std::string& name, int local_rank) {
  if (name == "cpu") return at::kCPU;
  const int visible = visible_gpus();
  if (name == "auto" && visible == 0) {
    warn_of_unused_gpus();
    return at::kCPU;
  }
  if (name == "auto" || name == "cuda") return gpu(visible == 0 ? 0 : local_rank % visible);
  const std::optional<int> index = gpu_index(name);
  require_input(index.has_value(), "'{}' is no device; known: auto, cpu, cuda, cuda:<number>", name);
  return gpu(*index);
}

void make_current([[maybe_unused]] at::Device device) {
#ifdef NEUSEMSLICE_HAS_CUDA
  if (!device.is_cuda()) return;
  c10::cuda::set_device(device.index());
  at::Context& context = at::globalContext();
  context.setAllowTF32CuDNN(false);  // its ten bits miss the tolerances of method.md
  context.setAllowTF32CuBLAS(false);
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
#endif
}

std::string device_uuid(at::Device device) {
  if (!device.is_cuda()) return "";
#ifdef NEUSEMSLICE_HAS_CUDA
  cudaDeviceProp properties{};
  const cudaError_t result = cudaGetDeviceProperties(&properties, device.index());
  if (result != cudaSuccess) {
    throw EnvironmentError(fmt::format("ask {} for its identity: {}", device.str(), cudaGetErrorString(result)));
  }
  std::string text = "GPU-";
  for (std::size_t i = 0; i < sizeof(properties.uuid.bytes); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(properties.uuid.bytes[i]));
  }
  return text;
#else
  return "";
#endif
}

}  // namespace neusemslice
