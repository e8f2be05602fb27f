#pragma once

#include <cstdint>
#include <optional>

#include <ATen/ATen.h>

#include "data/augmentation.hpp"
#include "data/dataset.hpp"

namespace neusemslice {

/// What is done on the device to a batch of pixels that was gathered there: augmentation, if there is one, then
/// normalisation.
class BatchPreparation {
 public:
  BatchPreparation(const Normalisation& normalisation, at::Device device,
                   std::optional<Augmentation> augmentation = std::nullopt)
      : normaliser_(normalisation, device), augmentation_(std::move(augmentation)) {}

  /// The images that batches are gathered from.
  [[nodiscard]] const at::Tensor& source(const LabelledImages& images) const {
    return augmentation_ ? Augmentation::source(images) : images.images;
  }

  /// A network's input, float32, from pixels of the source; `first` is the position of the first among all samples.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& pixels, std::int64_t first) const {
    return normaliser_(augmentation_ ? (*augmentation_)(pixels, first) : pixels);
  }

 private:
  Normaliser normaliser_;
  std::optional<Augmentation> augmentation_;
};

}  // namespace neusemslice
