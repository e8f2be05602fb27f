#pragma once

#include <cstdint>

#include <ATen/ATen.h>

#include "config/suite.hpp"
#include "data/dataset.hpp"

namespace neusemslice {

/// The random crops and flips of one epoch's training images. A crop is taken from what the data set keeps of the image
/// (LabelledImages::uncropped, else the image itself) with `crop_padding` black pixels around it; where there is no
/// room, it is the image. Then half of the images are mirrored.
///
/// What happens to a sample depends on the seed, the epoch and the sample's position in the epoch alone, so it is the
/// same for every batch size, from whichever batch a training goes on: the stream (seed, "augmentation/epoch <epoch>")
/// gives each position in turn its row, its column and, with `flip`, its side.
class Augmentation {
 public:
  /// Draws for an epoch of `samples` images, on the host; the numbers then lie on `device`.
  Augmentation(const AugmentationConfig& config, const LabelledImages& images, std::int64_t samples, std::uint64_t seed,
               std::int64_t epoch, at::Device device);

  /// The images that are cropped, on the host: `uncropped`, or `images`.
  static const at::Tensor& source(const LabelledImages& images);

  /// What the samples from position `first` of the epoch on become: uint8 (count, channels, height, width) of `pixels`,
  /// (count, channels, ...) of the source, both on the device.
  [[nodiscard]] at::Tensor operator()(const at::Tensor& pixels, std::int64_t first) const;

 private:
  bool has_padding_;
  at::Tensor tops_;   ///< int64 (samples): the crop's first row in the source, negative inside the padding
  at::Tensor lefts_;  ///< its first column
  at::Tensor flips_;  ///< 1: mirrored
  at::Tensor rows_;   ///< 0 .. height - 1 of the crop
  at::Tensor columns_;
};

}  // namespace neusemslice
