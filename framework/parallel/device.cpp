#include "parallel/device.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <thread>

#include <ATen/detail/CUDAHooksInterface.h>
#include <sched.h>

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

at::Device choose_device(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name == "auto") return visible_gpus() > 0 ? gpu(0) : at::Device(at::kCPU);
  if (name == "cuda") return gpu(0);
  const std::optional<int> index = gpu_index(name);
  require_input(index.has_value(), "'{}' is no device; known: auto, cpu, cuda, cuda:<number>", name);
  return gpu(*index);
}

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(CPU_COUNT(&set), 1);
  return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
}

}  // namespace neusemslice
