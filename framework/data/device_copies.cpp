#include "data/device_copies.hpp"

#include <c10/core/CachingDeviceAllocator.h>

namespace neusemslice {
namespace {

constexpr std::size_t kShareOfFreeMemory = 4;

std::size_t free_bytes(at::Device gpu) {
  return c10::getDeviceAllocator(gpu.type())->getMemoryInfo(gpu.index()).first;
}

}  // namespace

std::optional<DeviceCopies::Copy> DeviceCopies::on(at::Device gpu, const at::Tensor& images, const at::Tensor& labels) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[gpu.index()];
  if (entry.images.is_same(images) && entry.labels.is_same(labels)) return entry.copy;
  entry = {.images = images, .labels = labels, .copy = std::nullopt};
  if (images.nbytes() <= free_bytes(gpu) / kShareOfFreeMemory) entry.copy = {images.to(gpu), labels.to(gpu)};
  return entry.copy;
}

}  // namespace neusemslice
