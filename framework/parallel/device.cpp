#include "parallel/device.hpp"

#include <ATen/detail/CUDAHooksInterface.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "core/error.hpp"

namespace neusemslice {
namespace {

at::Device gpu(int index) {
  const int count = visible_gpus();
  if (index < count) return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
  throw EnvironmentError(fmt::format("GPU {} was asked for, {}; use --device cpu", index,
                                     count > 0 ? fmt::format("{} are visible", count)
                                               : at::hasCUDA() ? std::string("none is visible")
                                                               : std::string("none is visible to this program")));
}

}  // namespace

int visible_gpus() { return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0; }

at::Device choose_device(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name == "auto") return visible_gpus() > 0 ? gpu(0) : at::Device(at::kCPU);
  if (name == "cuda") return gpu(0);
  int index = -1;
  if (name.starts_with("cuda:")) std::from_chars(name.data() + 5, name.data() + name.size(), index);
  require_input(index >= 0, "'{}' is no device; known: auto, cpu, cuda, cuda:<number>", name);
  return gpu(index);
}

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(CPU_COUNT(&set), 1);
  return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
}

}  // namespace neusemslice
