#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "config/dataset.hpp"
#include "data/device_copies.hpp"

namespace neusemslice {

/// Images as they were read and their categories; both live on the host and do not change.
struct LabelledImages {
  at::Tensor images;  ///< uint8, (samples, channels, height, width)
  at::Tensor labels;  ///< int64, (samples)
  /// What `images` are views of the centre of, where more is kept, for random crops; else undefined. Contiguous.
  at::Tensor uncropped;
  std::shared_ptr<DeviceCopies> copies = std::make_shared<DeviceCopies>();  ///< of them, for BatchSource

  [[nodiscard]] std::int64_t size() const { return labels.size(0); }
};

/// What `images.images` is of `images.uncropped`, of other tensors of that height and width: copies, or samples of it.
/// Without `uncropped` they are the images.
at::Tensor same_crop(const at::Tensor& others, const LabelledImages& images);

/// What turns a pixel into a network's input: (pixel / 255 - mean) / deviation for each channel; empty: pixel / 255.
struct Normalisation {
  std::vector<double> mean;
  std::vector<double> deviation;
};

/// A data set in memory, as uint8: one byte a pixel.
struct Dataset {
  std::string name;
  std::vector<std::string> category_names;
  LabelledImages training;
  LabelledImages test;
  Normalisation normalisation;
  std::string fingerprint;  ///< SHA-256 of all that networks see of it; part of every job's key

  [[nodiscard]] std::int64_t categories() const { return static_cast<std::int64_t>(category_names.size()); }
  [[nodiscard]] std::vector<std::int64_t> image_shape() const { return training.images.sizes().slice(1).vec(); }
};

/// Reads a data set, registered (registry.hpp) or described; `data_dir` overrides the search path (locate.hpp).
Dataset load_dataset(const DatasetConfig& config, const std::optional<std::filesystem::path>& data_dir);

/// A data set's fingerprint: that of its pixels, and what is done to them. Without normalisation, `of_pixels` itself.
std::string fingerprint_of_inputs(const std::string& of_pixels, const Normalisation& normalisation);

/// Images and labels as a network takes them, on its device.
struct Batch {
  at::Tensor images;  ///< float32, normalised
  at::Tensor labels;  ///< int64
};

/// Turns pixels (uint8, on `device`) into a network's input, float32.
class Normaliser {
 public:
  Normaliser(const Normalisation& normalisation, at::Device device);
  [[nodiscard]] at::Tensor operator()(const at::Tensor& pixels) const;

  /// The same of pixel / 255, float32; gradients flow back through it.
  [[nodiscard]] at::Tensor of_fractions(const at::Tensor& fractions) const;

 private:
  at::Tensor mean_;  ///< undefined: pixel / 255 alone
  at::Tensor deviation_;
};

/// The images at `indices` (int64, on the host) as float32 on `device`, normalised there: a quarter of the bytes
/// travel. For a batch or two; BatchSource is for many.
at::Tensor gather_images(const at::Tensor& images, const at::Tensor& indices, const Normalisation& normalisation,
                         at::Device device);

}  // namespace neusemslice
