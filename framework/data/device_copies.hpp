#pragma once

#include <map>
#include <mutex>
#include <optional>

#include <ATen/ATen.h>

namespace neusemslice {

/// Copies of one set of images and labels in the memory of GPUs, each made when first asked for and kept: from then on
/// only positions travel.
class DeviceCopies {
 public:
  struct Copy {
    at::Tensor images;
    at::Tensor labels;
  };

  /// The copy on a GPU; nothing where it took more than a quarter of the memory that was free at the first call.
  std::optional<Copy> on(at::Device gpu, const at::Tensor& images, const at::Tensor& labels);

 private:
  struct Entry {
    at::Tensor images;  ///< what it is a copy of, like the labels
    at::Tensor labels;
    std::optional<Copy> copy;
  };

  std::mutex mutex_;
  std::map<c10::DeviceIndex, Entry> entries_;
};

}  // namespace neusemslice
